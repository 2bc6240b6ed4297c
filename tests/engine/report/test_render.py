import io
import json
import re

import pypdf
import pytest

from engine.core.errors import ReportError
from engine.core.finding import Score
from engine.core.records import canonical_json, sha256_hex
from engine.report.content import Amendment, ExaminedItem, Figure, Panel
from engine.report.manifest import ATTACHMENT, manifest, parse
from engine.report.render import render_pages, render_pdf, render_report
from engine.report.visible import collapsed

HOSTILE = (
    '#panic("x") #let a = 1 *bold* _it_ $x^2$ `raw` = Heading\n- list <label> @ref \\ [b] {c} // no /* no */ "quoted" '
    '\' #include "/etc/passwd" </script> \u202egpj.exe \x07 \u200b \ufeff \u0627\u0644\u0639\u0631\u0628\u064a\u0629 '
    "\u05e9\u05dc\u05d5\u05dd \u6e2c\u8a66\u6a19\u7c64 \U0001f600 \u0e01\u0e34 \ue000 \u0915\u094d\u0937"
)


def reader(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def texts(data: bytes) -> list[str]:
    return [page.extract_text() for page in reader(data).pages]


def whole(data: bytes) -> str:
    return collapsed("".join(texts(data)))


def with_finding(content, **changes):
    entry = content.findings[0]
    finding = entry.finding.model_copy(update=changes)
    return content.model_copy(update={"findings": (entry.model_copy(update={"finding": finding}),)})


def with_item(content, **changes):
    entry = content.items[0]
    item = entry.item.model_copy(update=changes)
    return content.model_copy(update={"items": (entry.model_copy(update={"item": item}), *content.items[1:])})


def test_it_is_pdf_a_3b_with_the_manifest_as_associated_file(made, pdf):
    root = reader(pdf).trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part\W+3\D", metadata)
    assert re.search(r"pdfaid:conformance\W+B\b", metadata)
    assert root["/OutputIntents"]
    (file,) = root["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Source"
    assert file.get_object()["/UF"] == ATTACHMENT
    assert file.get_object()["/EF"]["/F"].get_object()["/Subtype"] == "/application/json"


def test_the_attached_manifest_is_the_one_of_the_content(made, pdf):
    (attached,) = reader(pdf).attachments[ATTACHMENT]
    assert attached == manifest(made.content, made.figures)
    assert attached == canonical_json(json.loads(attached))
    content, figures = parse(json.loads(attached))
    assert content.to_json() == made.content.to_json()
    assert [figure.to_json() for figure in figures] == [figure.to_json() for figure in made.figures]


def test_the_same_content_gives_the_same_bytes(made, pdf):
    assert render_pdf(made.content, made.figures) == pdf


def test_the_fonts_are_embedded_and_none_is_of_this_machine(pdf):
    fonts = {
        font.get_object()["/BaseFont"].split("+")[-1]
        for page in reader(pdf).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all(name.startswith(("Inter", "DejaVuSansMono", "Libertinus")) for name in fonts), fonts


@pytest.mark.parametrize(
    "text",
    [
        "Report of examination",  # ISO/IEC 17025:2017, 7.8.2.1 a
        "Central Label Laboratory 12 Assay Street, 1000 Touchton",  # b
        "Location of the work Room 3, main building",  # c
        "Report number TL-2026-0014",  # d
        "End of report TL-2026-0014",  # d
        "Customer Customs Office North",  # e
        "laboratory procedure LP-7",  # f
        "Label Q1 questioned",  # g
        "item-0000000000000001",  # g
        "Condition Torn at the left edge, slightly soiled",  # g
        "Received 2026-02-27",  # h
        "Date of examination 2026-03-01 09:30:00 UTC to 2026-03-01 10:00:00 UTC",  # i
        "Date of issue 2026-03-02 08:15:30 UTC",  # j
        "Sampling No sampling is recorded",  # k
        "The results relate only to the items examined",  # l
        "Residual on held-out points, length 17.47 \u00b5m lower = more alike \u00b1 0.5",  # m
        "Deviations The left edge was not examined.",  # n
        "Authorised for issue Examiner 1 (examiner), 2026-03-02 08:15:30 UTC",  # o
        "No results from external providers",  # p
        "The questioned label carries the same design as the reference print.",
        "Opinion of Examiner 1 (examiner), 2026-03-01 10:00:00 UTC",
        "Caution. Investigative only",
        "42.33 \u00d7 42.33 \u00b5m per pixel (x, y); source: file tag; relative standard uncertainty 1 %",
        "numpy 2.4.6",
        "Setting window_px 64",
        "Ledger HEAD, sequence 42",
        sha256_hex(b"head"),
        "native grid: 28 \u00d7 28 cells, 16 px of the capture a cell",
        "Colour map cividis",
    ],
)
def test_every_required_field_is_printed(pdf, text):
    assert collapsed(text) in whole(pdf)


def test_each_page_carries_number_place_and_manifest_hash(made, pdf):
    pages = texts(pdf)
    digest = sha256_hex(manifest(made.content, made.figures))
    for place, page in enumerate(pages, start=1):
        assert "Report TL-2026-0014" in page
        assert f"Page {place} of {len(pages)}" in page
        assert digest in page
    assert "End of report" in pages[-1]
    assert not any("End of report" in page for page in pages[:-1])


def test_every_hash_is_printed_in_one_piece(made, pdf):
    text = "\n".join(texts(pdf))
    for entry in made.content.items:
        for capture in entry.captures:
            assert capture.sha256 in text


def test_simulated_captures_are_named_on_every_page(pdf):
    pages = texts(pdf)
    assert all("SIMULATED" in page for page in pages)
    assert "Simulated captures." in pages[0]


def test_without_a_scale_no_micrometre_is_shown_and_without_simulation_none_is_named(unscaled):
    text = whole(render_pdf(unscaled.content, unscaled.figures))
    assert "\u00b5m" not in text
    assert "\u03bcm" not in text
    assert "mm" not in text.replace("comm", "")
    assert "noscale" in text
    assert "notmeasured" in text
    assert "simulated" not in text.lower()


def test_foreign_text_is_shown_as_text_and_hidden_characters_by_their_code_points(made):
    content = with_item(made.content, name=HOSTILE[:190], condition=HOSTILE, received=HOSTILE)
    case = content.case.model_copy(update={"title": HOSTILE[:190], "customer": HOSTILE, "reference": HOSTILE})
    content = with_finding(content.model_copy(update={"case": case, "laboratory": "#a *b* \u202e"}), outcome=HOSTILE)
    data = render_pdf(content, made.figures)
    text = whole(data)
    assert collapsed('#panic("x") #let a = 1 *bold* _it_ $x^2$ `raw` = Heading') in text
    assert collapsed('#include "/etc/passwd" </script> [U+202E]gpj.exe [U+0007] [U+200B] [U+FEFF]') in text
    assert "\u6e2c\u8a66\u6a19\u7c64" in text
    assert "[U+1F600]" in text
    assert "[U+E000]" in text
    assert "root:" not in text
    (attached,) = reader(data).attachments[ATTACHMENT]
    assert json.loads(attached)["content"]["case"]["customer"] == HOSTILE


def test_marks_that_no_font_can_join_are_shown_by_code_points(made):
    marks = "".join(chr(code) for code in range(0x0900, 0x0980)) + "\u4e2d\u0301\u20e3"
    assert "[U+4E2D][U+0301]" in whole(render_pdf(with_item(made.content, condition=marks), made.figures))


def test_very_long_words_stay_within_the_margins(made):
    word = "W" * 3000
    content = with_item(made.content, condition=word, name="W" * 200)
    content = with_finding(content, outcome=word, title="W" * 200)
    content = content.model_copy(update={"laboratory": "L" * 200, "number": "N" * 40})
    data = render_pdf(content, made.figures)
    right = 595.28 - 50
    for page in reader(data).pages:
        ends: list[float] = []

        def visit(text, matrix, text_matrix, font, size, ends=ends):
            if text.strip():
                ends.append(text_matrix[4] * matrix[0] + matrix[4])

        page.extract_text(visitor_text=visit)
        assert max(ends) < right
        assert "Report" + "N" * 40 in collapsed(page.extract_text())
    assert "".join(texts(data)).count("W") >= 2 * 3000 + 2 * 200


def test_long_tables_break_across_pages_with_their_header_repeated(made):
    scores = tuple(Score(key=f"s{i}", title=f"Score number {i}", value=i / 7) for i in range(120))
    pages = texts(render_pdf(with_finding(made.content, scores=scores), made.figures))
    assert sum("Re-run within" in page for page in pages) >= 3
    text = collapsed("".join(pages))
    assert all(collapsed(f"Score number {i}") in text for i in range(120))


def test_a_long_opinion_runs_over_several_pages(made):
    entry = made.content.opinions[0]
    lines = "\n".join(f"Sentence {i} of the opinion is as long as a line, or nearly so." for i in range(150))
    opinion = entry.model_copy(update={"opinion": entry.opinion.model_copy(update={"text": lines})})
    text = whole(render_pdf(made.content.model_copy(update={"opinions": (opinion,)}), ()))
    assert all(collapsed(f"Sentence {i} of") in text for i in range(150))


def test_an_amendment_names_the_report_it_amends(made):
    amendment = Amendment(
        count=2,
        number="TL-2026-0009",
        issued="2026-02-01T00:00:00Z",
        manifest_sha256="ab" * 32,
        reason="The scale of one capture was corrected.",
    )
    text = texts(render_pdf(made.content.model_copy(update={"amendment": amendment}), ()))[0]
    assert "Amendment 2 to report TL-2026-0009, issued 2026-02-01 00:00:00 UTC" in text
    assert "The scale of one capture was corrected." in text
    assert "ab" * 32 in text


def test_an_empty_case_makes_a_report_that_says_so(made):
    empty = {"items": (), "findings": (), "opinions": (), "methods": ()}
    text = "".join(texts(render_pdf(made.content.model_copy(update=empty))))
    for words in ("No items.", "No findings.", "No opinion was given."):
        assert words in text


def test_an_item_without_captures_is_reported(made):
    content = made.content.model_copy(
        update={"items": (ExaminedItem(item=made.content.items[0].item),), "findings": ()}
    )
    assert "LabelQ1questioned" in whole(render_pdf(content))


def test_a_preview_has_the_pages_of_the_pdf(made, pdf):
    pages = render_pages(made.content, made.figures, ppi=40)
    assert len(pages) == len(reader(pdf).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_rendered_report_knows_its_manifest(made, pdf):
    rendered = render_report(made.content, made.figures)
    assert rendered.pdf == pdf
    assert rendered.manifest_sha256 == sha256_hex(manifest(made.content, made.figures))


def test_a_picture_without_pixels_is_refused(made):
    panel = made.figures[0].panels[0]
    bare = Panel(label="x", picture=panel.picture.model_copy(update={"png": b""}))
    with pytest.raises(ReportError, match="no pixels"):
        render_pdf(made.content, (Figure(key="bare", caption="", panels=(bare,)),))


def test_a_date_of_issue_that_is_no_time_is_refused(made):
    with pytest.raises(ReportError, match="ISO 8601"):
        render_pdf(made.content.model_copy(update={"issued": "yesterday"}))
