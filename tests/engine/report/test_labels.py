"""A finding about a label stands in a report with the labels it ranks, their points, and the library they are of."""

import io
import json

import pypdf
import pytest

from engine.core.finding import Correspondence, Direction, Match, Score
from engine.core.library import FieldUsed, Library
from engine.report.checking import recorded_texts
from engine.report.content import ReportedLabel, ReportedLibrary
from engine.report.differences import compare_findings
from engine.report.manifest import ATTACHMENT
from engine.report.render import render_pdf
from engine.report.visible import collapsed
from tests.engine.report.conftest import EXAMINER

FIELD = FieldUsed(file_name="field-03.png", sha256="4d" * 32, found=12)
LIBRARY = Library(id="library-0000000000000001", name="Film 7, spring", note="First wafer", simulated=True)
NAMES = ("No. 000007", "No. 000019")
ENTRY = ReportedLibrary(
    library=LIBRARY,
    labels=48,
    withdrawn=2,
    matched=(
        ReportedLabel(number=7, batch_id="labels-0000000000000001", field=FIELD, row=1, column=2,
                      enrolled="2026-02-20T10:00:00Z", enroller=EXAMINER),
    ),
)  # fmt: skip


def score(key: str, value: float | None, unit: str = "") -> Score:
    return Score(key=key, title=key.capitalize(), value=value, unit=unit, direction=Direction.HIGHER_SAME)


def about_label(finding, references=NAMES):
    matches = tuple(
        Match(rank=rank, reference=name, scores=(score("similarity", 0.9 / rank), score("found", 61 - 50 * (rank - 1))))
        for rank, name in enumerate(references, start=1)
    )
    points = tuple(
        Correspondence(questioned=(10.0 + 9 * i, 20.0), known=(30.0 + 9 * i, 40.0), residual_px=0.2, reference=name)
        for i, name in enumerate((references[0], references[0], references[1]))
    )
    return finding.model_copy(update={"matches": matches, "correspondences": points})


def with_label(made):
    entry = made.content.findings[0]
    told = entry.model_copy(update={"finding": about_label(entry.finding)})
    return made.content.model_copy(update={"findings": (told,), "libraries": (ENTRY,)})


@pytest.fixture(scope="module")
def printed(made):
    data = render_pdf(with_label(made))
    return data, collapsed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages))


@pytest.mark.parametrize(
    "text",
    [
        "Rank Reference Similarity Found",
        "1 No. 000007 0.9000 61",
        "2 No. 000019 0.4500 11",
        "2 with No. 000007, 1 with No. 000019",
        "Film 7, spring",
        "48, of which 2 withdrawn (simulated)",
        "First wafer",
        "row 2, column 3 of field-03.png; enrolled by Examiner 1 (examiner), 2026-02-20 10:00:00 UTC",
        "4d" * 32,
    ],
)
def test_the_pages_rank_the_labels_and_say_where_they_are_from(printed, text):
    assert collapsed(text) in printed[1]


def test_the_manifest_holds_the_library_and_every_text_stands_on_the_pages(made, printed):
    (attached,) = pypdf.PdfReader(io.BytesIO(printed[0])).attachments[ATTACHMENT]
    assert json.loads(attached)["content"]["libraries"] == [ENTRY.to_json()]
    texts = recorded_texts(with_label(made))
    assert {"No. 000007", "No. 000019", LIBRARY.name, FIELD.sha256} <= set(texts)
    assert [text for text in texts if collapsed(text) not in printed[1]] == []


def test_a_match_without_a_score_that_others_have_leaves_its_cell_empty(made):
    finding = about_label(made.finding)
    first, second = finding.matches
    bare = finding.model_copy(update={"matches": (first, second.model_copy(update={"scores": second.scores[:1]}))})
    entry = made.content.findings[0].model_copy(update={"finding": bare})
    content = made.content.model_copy(update={"findings": (entry,)})
    pages = pypdf.PdfReader(io.BytesIO(render_pdf(content))).pages
    text = collapsed("".join(page.extract_text() for page in pages))
    assert collapsed("2 No. 000019 0.4500 Caution.") in text


def test_a_point_that_belongs_to_another_label_is_a_difference(made):
    recorded = about_label(made.finding)
    assert compare_findings(recorded, about_label(made.finding)) == ()
    first, *others = recorded.correspondences
    moved = (first.model_copy(update={"reference": NAMES[1]}), *others)
    again = recorded.model_copy(update={"correspondences": moved})
    assert [each.where for each in compare_findings(recorded, again)] == ["corresponding points, reference"]
