import json
import zlib
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import NameObject

from engine.core.errors import ReportError
from engine.core.records import canonical_json
from engine.core.seeds import generator
from engine.report import checking
from engine.report.checking import check_pdf
from engine.report.manifest import ATTACHMENT, manifest
from engine.report.reading import read_pdf
from engine.report.render import render_pdf, render_report


@pytest.fixture
def report(pdf, tmp_path) -> Path:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf)
    return path


def rewritten(report: Path, change) -> Path:
    """Save the report again after ``change(writer)``, as a tool that edits PDFs would."""
    writer = pypdf.PdfWriter(clone_from=str(report))
    change(writer)
    with report.open("wb") as file:
        writer.write(file)
    return report


def wheres(path: Path) -> list[str]:
    return [difference.where for difference in check_pdf(path)]


def attachment(writer):
    return writer.root_object["/AF"][0]["/EF"]["/F"].get_object()


def replace_manifest(change):
    def act(writer):
        stream = attachment(writer)
        values = json.loads(stream.get_data())
        change(values)
        stream.set_data(canonical_json(values))

    return act


def test_a_report_as_issued_has_no_difference(report, made):
    assert check_pdf(report) == ()
    read = read_pdf(report)
    assert read.manifest_bytes == manifest(made.content, made.figures)
    assert read.manifest["content"]["number"] == "TL-2026-0014"
    assert "Opinions and interpretations" in read.text
    assert len(read.pictures) == 5


@pytest.mark.parametrize("scaled", [True, False])
def test_a_report_without_pictures_has_no_difference(made, unscaled, tmp_path, scaled):
    path = tmp_path / "plain.pdf"
    path.write_bytes(render_pdf((made if scaled else unscaled).content))
    assert check_pdf(path) == ()


def test_a_report_saved_again_is_named_as_changed(report):
    (difference,) = check_pdf(rewritten(report, lambda writer: None))
    assert difference.where == "file"


def test_a_changed_score_in_the_manifest_is_found(report):
    def change(values):
        values["content"]["findings"][0]["finding"]["scores"][2]["value"] = 0.9994

    differences = {d.where: d for d in check_pdf(rewritten(report, replace_manifest(change)))}
    assert "page 1, manifest hash" in differences
    assert "0.9994" in differences["page 1, text"].recorded
    assert "0.9134" in differences["page 1, text"].found


def test_a_changed_opinion_in_the_manifest_is_found(report):
    def change(values):
        opinion = values["content"]["opinions"][0]["opinion"]
        opinion["text"] = opinion["text"].replace("do not support", "do support")

    assert any(where.endswith("manifest hash") for where in wheres(rewritten(report, replace_manifest(change))))


def test_a_manifest_that_is_no_longer_a_record_is_found(report):
    differences = check_pdf(rewritten(report, replace_manifest(lambda values: values["content"].pop("items"))))
    assert differences[-1].where == "manifest"
    assert "not valid" in differences[-1].found


def test_a_manifest_that_cannot_be_laid_out_is_found(report):
    def change(values):
        values["figures"][1]["colour_bar"]["colour_map"] = "rainbow"

    assert "manifest" in wheres(rewritten(report, replace_manifest(change)))


@pytest.mark.parametrize("data", [b"[1]", b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_a_manifest_that_is_no_json_object_is_found(report, data):
    rewritten(report, lambda writer: attachment(writer).set_data(data))
    assert "manifest" in wheres(report)


def test_a_manifest_of_another_schema_is_named(report):
    differences = check_pdf(rewritten(report, replace_manifest(lambda values: values.update(schema=99))))
    assert "schema 99" in differences[-1].found


def retold(made, **changes) -> bytes:
    """Return pages that tell another score or opinion under the true manifest and its hash."""
    entry, opinion = made.content.findings[0], made.content.opinions[0]
    scores = tuple(s.model_copy(update={"value": changes.get(s.key, s.value)}) for s in entry.finding.scores)
    finding = entry.model_copy(update={"finding": entry.finding.model_copy(update={"scores": scores})})
    text = changes.get("text", opinion.opinion.text)
    given = opinion.model_copy(update={"opinion": opinion.opinion.model_copy(update={"text": text})})
    content = made.content.model_copy(update={"findings": (finding,), "opinions": (given,)})
    return render_report(content, made.figures, manifest(made.content, made.figures)).pdf


def test_an_edited_number_on_a_page_is_found(made, report):
    report.write_bytes(retold(made, same_piece=0.9994))
    (difference,) = check_pdf(report)
    assert difference.where == "page 1, text"
    assert "0.2135" in difference.recorded
    assert "0.9994" in difference.found


def test_an_edited_opinion_on_a_page_is_found(made, report):
    report.write_bytes(retold(made, text="Both captures show one physical piece."))
    assert "page 2, text" in wheres(report)


@pytest.fixture
def other_version(monkeypatch):
    """Make the checker take every report for one that another version laid out."""
    monkeypatch.setattr(checking, "made_with", dict)


@pytest.mark.usefixtures("other_version")
def test_a_report_of_another_version_has_no_difference(report):
    assert check_pdf(report) == ()


@pytest.mark.usefixtures("other_version")
def test_edits_in_a_report_of_another_version_are_found(made, report):
    report.write_bytes(retold(made, same_piece=0.9994, text="Both captures show one physical piece."))
    differences = check_pdf(report)
    assert {d.where for d in differences} == {"text"}
    recorded = " ".join(d.recorded for d in differences)
    assert "Same piece\u22120.2135" in recorded
    assert "The scores do not support" in recorded


@pytest.mark.usefixtures("other_version")
@pytest.mark.parametrize(
    "text", ["\n".join(f"Line {i} of a long opinion." for i in range(90)), "word " * 3000, "W" * 9000]
)
def test_texts_that_run_over_pages_are_found_in_a_report_of_another_version(made, tmp_path, text):
    entry = made.content.opinions[0]
    opinion = entry.model_copy(
        update={"opinion": entry.opinion.model_copy(update={"text": text + " \u0627\u0644 \u05e9"})}
    )
    path = tmp_path / "long.pdf"
    path.write_bytes(render_pdf(made.content.model_copy(update={"opinions": (opinion,)})))
    assert check_pdf(path) == ()


def pictures_of(page):
    return page["/Resources"]["/XObject"].get_object()


def test_swapped_pictures_are_found(report):
    def swap(writer):
        pictures = pictures_of(writer.pages[2])
        first, second = list(pictures)
        one, other = pictures.raw_get(first), pictures.raw_get(second)
        pictures[NameObject(first)], pictures[NameObject(second)] = other, one

    assert wheres(rewritten(report, swap)) == ["file"]


def test_a_retouched_picture_is_found(report):
    def retouch(writer):
        stream = next(iter(pictures_of(writer.pages[2]).values())).get_object()
        pixels = bytearray(stream.get_data())
        pixels[1000] ^= 0xFF
        stream._data = zlib.compress(bytes(pixels))

    found = check_pdf(rewritten(report, retouch))
    assert [d.where for d in found] == ["figure 2, picture", "pictures"]


def test_a_removed_page_is_found(report):
    found = wheres(rewritten(report, lambda writer: writer.remove_page(1)))
    assert "page 1, page number" in found
    assert "pages" in found


def test_a_foreign_page_is_found(report):
    found = wheres(rewritten(report, lambda writer: writer.insert_blank_page(index=0)))
    assert {"page 1, manifest hash", "page 1, page number", "page 1, report number", "pages"} <= set(found)


def test_a_note_laid_over_a_page_is_found(report):
    from pypdf.annotations import FreeText

    note = FreeText(text="Same piece: 0.99", rect=(50, 50, 300, 100))
    assert "annotations" in wheres(rewritten(report, lambda writer: writer.add_annotation(0, note)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda writer: writer.root_object["/Names"].__delitem__("/EmbeddedFiles"), "no manifest attached"),
        (lambda writer: writer.add_attachment("more.json", b"{}"), "only attachment"),
        (lambda writer: writer.add_attachment(ATTACHMENT, b"{}"), "only attachment"),
        (lambda writer: writer.encrypt("secret"), "encrypted"),
    ],
)
def test_a_report_without_exactly_its_manifest_is_refused(report, change, message):
    with pytest.raises(ReportError, match=message) as error:
        check_pdf(rewritten(report, change))
    assert error.value.where == "report.pdf"


def test_another_pdf_is_refused(tmp_path):
    path = tmp_path / "other.pdf"
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    with path.open("wb") as file:
        writer.write(file)
    with pytest.raises(ReportError, match="no manifest attached"):
        check_pdf(path)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04 no PDF", b"%PDF-1.7\n", b"%PDF-1.7\nxref\ntrailer<</Root 1 0 R>>%%EOF"]
)
def test_what_is_no_pdf_is_refused(tmp_path, data):
    path = tmp_path / "no.pdf"
    path.write_bytes(data)
    with pytest.raises(ReportError, match=r"no\.pdf"):
        check_pdf(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_report_is_refused_or_differs(pdf, tmp_path, share):
    path = tmp_path / "cut.pdf"
    path.write_bytes(pdf[: int(len(pdf) * share)])
    with pytest.raises(ReportError, match=r"cut\.pdf"):
        assert not check_pdf(path)
        raise ReportError("differs", where="cut.pdf")


def flip_and_check(pdf: bytes, path: Path, count: int) -> None:
    rng = generator(5, "flips")
    for _ in range(count):
        data = bytearray(pdf)
        data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        try:
            found = check_pdf(path)
        except ReportError as error:
            assert error.where == path.name
        else:
            assert found


def test_flipped_bits_never_pass(made, tmp_path):
    flip_and_check(render_pdf(made.content), tmp_path / "flipped.pdf", 10)


@pytest.mark.long
def test_many_flipped_bits_never_pass(made, tmp_path):
    flip_and_check(render_pdf(made.content, made.figures[3:]), tmp_path / "flipped.pdf", 250)


def test_a_missing_or_too_large_file_is_refused(tmp_path, monkeypatch, report):
    with pytest.raises(ReportError, match="cannot be opened"):
        check_pdf(tmp_path / "absent.pdf")
    monkeypatch.setattr("engine.report.reading.LARGEST_FILE", 1 << 20)
    with pytest.raises(ReportError, match="over 1 MB"):
        check_pdf(report)
