"""Fields on files: labels found and cut out, film cut on a grid, stage positions; bad files are named."""

import csv
import threading
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from engine.cli.main import main
from engine.core.errors import Cancelled, InputError, JobError
from engine.jobs import JobContext
from engine.methods.micro_pattern.arrays import stage_coordinates, virtual_corners
from engine.simulation.fluorescence import WEAK
from engine.simulation.label_fields import label_field
from engine.workflows.labels import fields


@pytest.fixture(scope="module")
def field_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("fields") / "field 1.png"
    Image.fromarray(label_field(60, WEAK).pixels).save(path)
    return path


def test_labels_are_cut_into_files_and_a_bad_file_is_named(field_file, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    out = tmp_path / "labels"
    first, second = fields.segment_fields([bad, field_file], out=out, context=JobContext())
    assert (first.found, first.file_name) == (0, "bad.png")
    assert first.reason == "The file is no TIFF, PNG, JPEG or BMP image. Export it as TIFF, PNG, JPEG or BMP."
    assert second.found == 12 and not second.reason
    assert sorted(path.name for path in out.iterdir())[:2] == ["field_1-r1c1.png", "field_1-r1c2.png"]
    assert len(second.written) == 12
    with Image.open(second.written[0]) as label:
        assert label.size == (256, 256)


def test_files_are_read_ahead_and_told_in_their_order(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(7)]
    for number, path in enumerate(paths):
        Image.fromarray(np.full((30 + number, 40), 20 * number, dtype=np.uint8)).save(path)
    Image.fromarray(np.full((30, 40), 0x1234, dtype=np.uint16)).save(paths[1])
    paths[2].write_bytes(b"no image")
    paths[5].unlink()
    read = list(fields.read_fields(paths, JobContext()))
    assert [field.path for field in read] == paths
    assert [bool(field.reason) for field in read] == [field.pixels is None for field in read]
    assert "no such file" in read[5].reason and not read[5].sha256 and len(read[2].sha256) == 64
    for number in (0, 3, 4, 6):
        assert read[number].pixels.shape == (30 + number, 40) and (read[number].pixels == 20 * number).all()
    assert read[1].pixels.dtype == np.uint8 and (read[1].pixels == 0x12).all()


class Decoder:
    """Stands for a process: files are read at once, but "1" and "2" when it is closed, which is when they are lost."""

    started: ClassVar[list[str]] = []
    waited: ClassVar[list[bool]] = []

    def __init__(self):
        self.closed = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed.set()

    def read(self, path, page, context):
        Decoder.started.append(path.name)
        if path.name in ("1", "2"):
            Decoder.waited.append(self.closed.wait(5))
            raise JobError("The worker process ended unexpectedly")
        return np.zeros((4, 4), dtype=np.uint8)


@pytest.fixture
def decoders(monkeypatch):
    monkeypatch.setattr(fields, "ImagingWorker", Decoder)
    monkeypatch.setattr(Decoder, "started", [])
    monkeypatch.setattr(Decoder, "waited", [])


@pytest.mark.usefixtures("decoders")
@pytest.mark.parametrize("names", ["034567", "0123"])
def test_no_more_is_decoded_than_the_next_fields_and_that_ends_with_the_reader(tmp_path, names):
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(b"x")
    reader = fields.read_fields(paths, JobContext())
    assert next(reader).path == paths[0]
    threading.Event().wait(0.2)  # were more asked for, they would be read by now
    reader.close()
    assert set(Decoder.started) == set(names[:3])
    assert all(Decoder.waited) and len(Decoder.waited) == len({"1", "2"} & set(names))


def test_a_cancelled_job_reads_no_further(field_file):
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        list(fields.segment_fields([field_file], context=context))


def test_squares_of_a_form_are_named_and_no_file_is_written_of_them(tmp_path):
    page = np.full((720, 960), 190, dtype=np.uint8)
    for row in range(3):
        for column in range(4):
            y, x = 55 + 220 * row, 65 + 220 * column
            page[y : y + 170, x : x + 170] = 40
            page[y + 5 : y + 165, x + 5 : x + 165] = 190
    path, out = tmp_path / "form.png", tmp_path / "labels"
    Image.fromarray(page).save(path)
    (report,) = fields.segment_fields([path], out=out, context=JobContext())
    assert report.readable and report.found == 0 and not report.written and not list(out.iterdir())
    assert {place["state"] for place in report.to_json()["places"]} == {"not a label"}


def test_labels_never_replace_files(field_file, tmp_path):
    (tmp_path / "field_1-r1c1.png").write_bytes(b"kept")
    with pytest.raises(InputError, match="there already"):
        list(fields.segment_fields([field_file], out=tmp_path, context=JobContext()))
    assert (tmp_path / "field_1-r1c1.png").read_bytes() == b"kept"


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1, 3), (2, 2)])
def test_a_field_of_hardly_a_pixel_is_named(tmp_path, shape):
    Image.fromarray(np.full(shape, 90, dtype=np.uint8)).save(tmp_path / "small.png")
    (report,) = fields.segment_fields([tmp_path / "small.png"], context=JobContext())
    assert report.readable and not report.places
    assert "No array of etched frames" in report.reason


@pytest.mark.parametrize("side", [-1, 0, 15, 4097])
def test_a_label_is_cut_out_with_a_side_that_shows_it(field_file, tmp_path, side):
    with pytest.raises(InputError, match="16 to 4096 pixels"):
        list(fields.segment_fields([field_file], out=tmp_path / "new", side=side, context=JobContext()))
    assert not (tmp_path / "new").exists()


def test_a_file_is_no_folder_to_cut_labels_into(field_file, tmp_path):
    (tmp_path / "file").write_bytes(b"kept")
    for out in (tmp_path / "file", tmp_path / "file" / "labels"):
        with pytest.raises(InputError, match=r"there already|Not a directory") as caught:
            list(fields.segment_fields([field_file], out=out, context=JobContext()))
        assert caught.value.where == str(out)
    assert (tmp_path / "file").read_bytes() == b"kept"


def test_two_files_of_one_name_are_refused_before_anything_is_written(field_file, tmp_path):
    with pytest.raises(InputError, match="same name"):
        list(fields.segment_fields([field_file, field_file], out=tmp_path / "out", context=JobContext()))
    assert not (tmp_path / "out").exists()


def test_patternless_film_is_cut_into_equal_squares(field_file, tmp_path):
    (report,) = fields.cut_fields([field_file], side=400, margin=60, out=tmp_path, context=JobContext())
    assert report.found == 4 * 3
    with Image.open(report.written[0]) as square, Image.open(field_file) as field:
        left, top = (1920 - 1600) // 2, (1440 - 1200) // 2
        whole = np.asarray(field)[top : top + 400, left : left + 400].astype(int)
        assert np.abs(np.asarray(square).astype(int) - whole).max() <= 1


def test_squares_lie_side_by_side_within_the_field():
    corners = virtual_corners(1920, 1440, side=256, margin=10)
    assert corners.shape == (5, 7, 4, 2)
    assert corners.min() >= 9.5 and corners[..., 0].max() <= 1909.5 and corners[..., 1].max() <= 1429.5
    assert (corners[:, 1:, 0] == corners[:, :-1, 1]).all() and (corners[1:, :, 0] == corners[:-1, :, 3]).all()
    with pytest.raises(InputError, match="cannot be cut"):
        virtual_corners(1920, 1440, side=2000)


def test_the_stage_goes_to_and_fro_along_a_turned_array(tmp_path):
    table = stage_coordinates(columns=3, rows=2, pitch_um=(1000, 800), first_um=(50, 70), angle_deg=90)
    assert table[:, :2].tolist() == [[0, 0], [0, 1], [0, 2], [1, 2], [1, 1], [1, 0]]
    assert table[2, 2:] == pytest.approx([50, 2070]) and table[5, 2:] == pytest.approx([-750, 70])
    out = tmp_path / "stage.csv"
    assert fields.write_coordinates(out, columns=3, rows=2, pitch_um=(1000, 800)) == 6
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["field", "row", "column", "x_um", "y_um"] and rows[4] == ["4", "2", "3", "2000.000", "800.000"]
    with pytest.raises(InputError, match="already"):
        fields.write_coordinates(out, columns=3, rows=2, pitch_um=(1000, 800))
    with pytest.raises(InputError, match="above 0"):
        stage_coordinates(columns=3, rows=2, pitch_um=(0, 800))


def test_the_command_line_tells_what_a_field_shows(field_file, tmp_path, capsys):
    assert main(["field", "segment", str(field_file), "--fail-on-negative"]) == 0
    assert "12 of 12 labels" in capsys.readouterr().out
    empty = tmp_path / "empty.png"
    Image.fromarray(np.full((300, 400), 90, dtype=np.uint8)).save(empty)
    assert main(["field", "segment", str(empty), "--fail-on-negative"]) == 3
    assert "No array of etched frames" in capsys.readouterr().out
    nothing = tmp_path / "nothing.png"
    nothing.write_bytes(b"no image")
    assert main(["field", "segment", str(nothing)]) == 2
    assert main(["field", "segment", str(nothing), str(field_file)]) == 0
    assert main(["field", "coordinates", "--columns", "2", "--rows", "1", "--pitch-um", "900", "900",
                 "--out", str(tmp_path / "s.csv")]) == 0  # fmt: skip
    assert main(["field", "cut", str(field_file), "--side", "480", "--out", str(tmp_path / "cut")]) == 0
    assert len(list((tmp_path / "cut").iterdir())) == 12
