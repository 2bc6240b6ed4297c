"""Taking files in: good ones become captures, bad ones are named, nothing half stays."""

import errno
import os
from pathlib import Path

import pytest

from engine.core.case import Device, Role, Scale, ScaleSource, Standing
from engine.core.errors import Cancelled, InputError
from engine.imaging.client import ImagingWorker
from engine.jobs import JobContext
from engine.workflows.captures import intake, pixel_source, tile_source
from engine.workflows.cases import add_actor, add_item, custody, open_case, set_scale


@pytest.fixture
def take_in(store, examiner, case, item):
    def run(files, *, context=None, **options):
        context = context or JobContext()
        return intake(store, examiner, case.id, item.id, files, device=Device.SCANNER, context=context, **options)

    return run


def test_of_two_hundred_files_the_bad_one_is_named_and_the_others_are_in(store, case, item, take_in, write_png):
    files = [write_png(number) for number in range(200)]
    files[117].write_bytes(files[117].read_bytes()[:150])
    report = take_in(files)
    assert [refusal.file_name for refusal in report.refusals] == ["capture-117.png"]
    assert report.refusals[0].reason
    assert report.refusals[0].remedy
    assert [capture.file_name for capture in store.captures(item.id)] == [
        path.name for path in files if path.name != "capture-117.png"
    ]
    refused = [entry.text for entry in custody(store, case.id) if entry.event.kind == "file refused"]
    assert len(refused) == 1
    assert "capture-117.png" in refused[0]


def test_what_was_decoded_is_what_is_kept(store, take_in, write_png):
    import cv2

    path = write_png(1)
    capture = take_in([path]).captures[0]
    assert store.evidence(capture.sha256).read_bytes() == path.read_bytes()
    pixels = pixel_source(store, capture.id).pixels()
    assert (pixels == cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)).all()


def test_the_same_file_is_not_taken_in_twice_for_one_item(store, item, take_in, write_png):
    path = write_png(1)
    take_in([path])
    report = take_in([path])
    assert report.captures == ()
    assert "already" in report.refusals[0].reason
    assert len(store.captures(item.id)) == 1


def test_a_missing_file_is_refused(take_in, tmp_path):
    report = take_in([tmp_path / "gone.png"])
    assert report.refusals[0].file_name == "gone.png"


def test_cancelling_keeps_whole_captures_only(store, item, take_in, write_png):
    context = JobContext(lambda done, total, text: context.cancel() if done >= 3 else None)
    with pytest.raises(Cancelled):
        take_in([write_png(number) for number in range(10)], context=context)
    kept = store.captures(item.id)
    assert 0 < len(kept) < 10
    for capture in kept:
        assert store.evidence(capture.sha256).is_file()


def test_progress_over_several_files_only_grows(take_in, write_png):
    seen = []
    take_in([write_png(number) for number in range(3)], context=JobContext(lambda *report: seen.append(report)))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert {total for _, total, _ in seen} == {3}


def test_what_is_no_file_is_refused_and_not_waited_for(take_in, tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "folder.tif").mkdir()
    report = take_in([tmp_path / "pipe.tif", tmp_path / "folder.tif"])
    assert [refusal.reason for refusal in report.refusals] == ["This is no file"] * 2


def test_a_missing_file_whose_name_is_no_text_is_refused(take_in, tmp_path):
    report = take_in([Path(os.fsdecode(bytes(tmp_path) + b"/gone\xff.png"))])
    assert report.refusals[0].file_name == "gone?.png"


def test_a_file_that_is_other_while_it_is_decoded_is_refused(store, item, take_in, write_png, monkeypatch):
    path, other = write_png(1), write_png(2).read_bytes()
    true, prepare = path.read_bytes(), ImagingWorker.prepare

    def swapped(*arguments: object, **options: object) -> object:
        path.write_bytes(other)
        facts = prepare(*arguments, **options)
        path.write_bytes(true)
        return facts

    monkeypatch.setattr(ImagingWorker, "prepare", swapped)
    assert "changed while it was read" in take_in([path]).refusals[0].reason
    assert store.captures(item.id) == ()


def test_cancelling_while_the_process_starts_refuses_no_file(store, case, take_in, write_png, monkeypatch):
    context = JobContext()

    def killed(worker: ImagingWorker, path: Path, given: JobContext | None = None) -> None:
        context.cancel()
        monkeypatch.setenv("PYTHONHOME", "/nowhere")  # the child ends before it answers
        inspect(worker, path, given)

    inspect = ImagingWorker.inspect
    monkeypatch.setattr(ImagingWorker, "inspect", killed)
    with pytest.raises(Cancelled):
        take_in([write_png(1)], context=context)
    assert store.refusals(case.id) == ()


def test_a_stated_scale_goes_before_the_files_tag(take_in, write_png):
    capture = take_in([write_png(1)], um_per_px=(2.0, 2.5)).captures[0]
    assert (capture.scale.um_per_px_x, capture.scale.um_per_px_y) == (2.0, 2.5)
    assert capture.scale.source is ScaleSource.ACTOR


def test_without_tag_and_statement_there_is_no_scale(take_in, write_png):
    assert take_in([write_png(1)]).captures[0].scale is None


def test_a_later_scale_is_an_event_of_its_own(store, examiner, case, take_in, write_png):
    capture = take_in([write_png(1)]).captures[0]
    scale = Scale(um_per_px_x=2.0, um_per_px_y=2.0, source=ScaleSource.CALIBRATION_TARGET, relative_uncertainty=0.001)
    set_scale(store, examiner, capture.id, scale)
    assert store.capture(capture.id).scale == scale
    assert custody(store, case.id)[-1].event.kind == "scale set"


def test_tiles_are_made_again_when_the_cache_lost_or_damaged_them(store, take_in, write_png):
    capture = take_in([write_png(1, size=300)]).captures[0]
    with tile_source(store, capture.id, JobContext()) as tiles:
        before = tiles.tile(0, 0, 0)
    path = store.pyramid_path(capture.sha256, capture.page)
    for damage in (path.unlink, lambda: path.write_bytes(b"nonsense")):
        damage()
        with tile_source(store, capture.id, JobContext()) as tiles:
            assert (tiles.tile(0, 0, 0) == before).all()


def test_an_item_of_another_case_is_refused(store, examiner, case, write_png):
    other = open_case(store, examiner, "Other")
    foreign = add_item(store, examiner, other.id, "K1", Standing.KNOWN)
    with pytest.raises(InputError, match="another case"):
        intake(store, examiner, case.id, foreign.id, [write_png(1)], device=Device.SCANNER, context=JobContext())


def test_a_producer_takes_nothing_in(store, case, item, write_png):
    producer = add_actor(store, store.actors()[0], "Producer", Role.PRODUCER)
    with pytest.raises(InputError, match="may not take captures in"):
        intake(store, producer, case.id, item.id, [write_png(1)], device=Device.SCANNER, context=JobContext())


def test_a_file_name_that_is_no_text_is_taken_in_all_the_same(take_in, write_png, tmp_path):
    odd = write_png(1).rename(tmp_path / os.fsdecode(b"caf\xe9.png"))
    broken = tmp_path / os.fsdecode(b"\xff.png")
    broken.write_bytes(b"nothing")
    report = take_in([odd, broken])
    assert [capture.file_name for capture in report.captures] == ["caf?.png"]
    assert [refusal.file_name for refusal in report.refusals] == ["?.png"]


def test_captures_of_a_store_on_read_only_media_are_shown_too(store, take_in, write_png, tmp_path, monkeypatch):
    capture = take_in([write_png(1)]).captures[0]

    def refuse(*arguments):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(type(store), "pyramid_path", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with tile_source(store, capture.id, JobContext()) as tiles:
        assert (tiles.width, tiles.height) == (64, 64)
