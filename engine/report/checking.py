"""Check a report against itself: printed text, pictures and manifest must tell the same story."""

import re
import unicodedata
from pathlib import Path

import numpy as np

from engine.core.errors import ReportError, TouchstoneError
from engine.core.library import label_name
from engine.report.content import Figure, Picture, ReportContent
from engine.report.differences import ABSENT, Difference
from engine.report.figures import picture
from engine.report.manifest import made_with, parse
from engine.report.reading import ReportFile, page_texts, read_pdf
from engine.report.render import Rendered, render_report
from engine.report.visible import collapsed, lines, measured, moment, unit, visible

AROUND = 24  # characters shown either side of a changed place
LONG = 200  # from here on a text may run over the end of a page
SHORTEST_PART = 12


def check_pdf(path: Path) -> tuple[Difference, ...]:
    """Return where a report contradicts itself; empty where text, pictures and manifest agree.

    A report laid out by this very version is made again from its manifest and pictures and must come out the same,
    text by text and then byte by byte. Of a report of another version every recorded text must stand on its pages.

    Raises
    ------
    ReportError
        If the file cannot be read as a report at all.
    """
    return check_file(read_pdf(path))


def check_file(report: ReportFile) -> tuple[Difference, ...]:
    """Return where a report that was read contradicts itself; see ``check_pdf``."""
    found = _footers(report)
    try:
        content, figures = parse(report.manifest)
    except ReportError as error:
        return (*found, Difference(where="manifest", recorded="records of a report", found=str(error)))
    found += _numbers(report, content)
    complete, missing = _with_pixels(report, figures)
    found += missing
    if report.annotations:
        found.append(Difference(where="annotations", recorded="none", found=str(report.annotations)))
    try:
        again = render_report(content, complete, report.manifest_bytes)
    except (TouchstoneError, ValueError, ArithmeticError) as error:
        return (*found, Difference(where="manifest", recorded="records that can be laid out", found=str(error)))
    if report.manifest.get("made_with") == made_with():
        found += _made_again(report, again, thorough=not found)
    else:
        found += _texts(report, content, again.unshowable)
    return tuple(found)


def _footers(report: ReportFile) -> list[Difference]:
    """Each page must print the attached manifest's hash and its place among the pages."""
    found = []
    total = len(report.pages)
    for place, page in enumerate(report.pages, start=1):
        text = collapsed(page)
        printed_hash = re.search(r"ManifestSHA-256([0-9a-f]{64})", text)
        if printed_hash is None or printed_hash[1] != report.manifest_sha256:
            recorded = printed_hash[1] if printed_hash else ABSENT
            found.append(
                Difference(where=f"page {place}, manifest hash", recorded=recorded, found=report.manifest_sha256)
            )
        if f"Page{place}of{total}" not in text:
            printed_place = re.search(r"Page(\d+)of(\d+)", text)
            recorded = f"page {printed_place[1]} of {printed_place[2]}" if printed_place else ABSENT
            found.append(
                Difference(where=f"page {place}, page number", recorded=recorded, found=f"page {place} of {total}")
            )
    return found


def _numbers(report: ReportFile, content: ReportContent) -> list[Difference]:
    """Each page must print the report's number."""
    wanted = collapsed(content.number)
    return [
        Difference(where=f"page {place}, report number", recorded=content.number, found=ABSENT)
        for place, page in enumerate(report.pages, start=1)
        if "Report" + wanted not in collapsed(page)
    ]


def _with_pixels(report: ReportFile, figures: tuple[Figure, ...]) -> tuple[tuple[Figure, ...], list[Difference]]:
    """Return the figures with the pixels found in the PDF, blank where they are not there, and what is not there."""
    found = []
    unnamed = set(report.pictures)
    complete = []
    for place, figure in enumerate(figures, start=1):
        panels = []
        for panel in figure.panels:
            wanted = panel.picture
            unnamed.discard(wanted.pixels_sha256)
            pixels = report.pictures.get(wanted.pixels_sha256)
            if pixels is None:
                found.append(Difference(where=f"figure {place}, picture", recorded=wanted.pixels_sha256, found=ABSENT))
            filled = _blank(wanted) if pixels is None else picture(pixels)
            panels.append(panel.model_copy(update={"picture": wanted.model_copy(update={"png": filled.png})}))
        complete.append(figure.model_copy(update={"panels": tuple(panels)}))
    found += [Difference(where="pictures", recorded=ABSENT, found=sha256) for sha256 in sorted(unnamed)]
    return tuple(complete), found


def _blank(wanted: Picture) -> Picture:
    return picture(np.zeros((wanted.height, wanted.width), dtype=np.uint8))


def _made_again(report: ReportFile, again: Rendered, *, thorough: bool) -> list[Difference]:
    """Compare with the report laid out again: the pages' texts and, if all else agrees, the bytes."""
    if again.pdf == report.data:
        return []
    pages = page_texts(again.pdf)
    found = []
    if len(pages) != len(report.pages):
        found.append(Difference(where="pages", recorded=str(len(pages)), found=str(len(report.pages))))
    for place, (expected, present) in enumerate(zip(pages, report.pages, strict=False), start=1):
        found += _first_change(f"page {place}, text", collapsed(expected), collapsed(present))
    if thorough and not found:
        same = "the same texts and pictures, otherwise changed"
        found.append(Difference(where="file", recorded="the bytes that Touchstone wrote", found=same))
    return found


def _first_change(where: str, expected: str, present: str) -> list[Difference]:
    if expected == present:
        return []
    at = next((i for i, (a, b) in enumerate(zip(expected, present, strict=False)) if a != b), -1)
    at = min(len(expected), len(present)) if at < 0 else at
    around = slice(max(0, at - AROUND), at + AROUND)
    return [Difference(where=where, recorded=expected[around], found=present[around])]


def _texts(report: ReportFile, content: ReportContent, unshowable: frozenset[str]) -> list[Difference]:
    """Every recorded text must stand on the pages, whatever version laid them out and in whatever words around it."""
    bodies = (_body(collapsed(page)) for page in report.pages)
    everything = "".join(c for body in bodies for c in body if not _reordered(c))
    texts = dict.fromkeys(recorded_texts(content))
    absent = (text for text in texts if not _stands(collapsed(visible(text, unshowable)), everything))
    return [Difference(where="text", recorded=text, found=ABSENT) for text in absent]


def recorded_texts(content: ReportContent) -> list[str]:
    """Return the texts of the records that any report prints; a score's title, value and unit make one text."""
    texts = [content.title, content.case.title, content.case.customer, content.case.reference, content.laboratory]
    texts += [content.location, content.deviations, content.authoriser.name, content.head_hash, moment(content.issued)]
    for entry in content.items:
        texts += [entry.item.name, entry.item.condition, entry.item.received]
        texts += [text for capture in entry.captures for text in (capture.file_name, capture.sha256)]
    for entry in content.findings:
        finding = entry.finding
        texts += [finding.title, finding.outcome, *(caution.text for caution in finding.cautions)]
        texts += [
            s.title + measured(s.value, s.unit) + (unit(s.unit) if s.value is not None else "") for s in finding.scores
        ]
        texts += [o.raster_sha256 for o in finding.overlays if o.raster_sha256]
        for match in finding.matches:
            texts += [match.reference, *(measured(score.value, score.unit) for score in match.scores)]
        if finding.classification is not None:
            texts += [finding.classification.reason]
    for entry in content.points:
        texts += [entry.point.name, entry.point.id, entry.point.test.data_sha256, entry.approver.name]
    for facts in content.series:
        texts += [facts.name, facts.sha256]
    for entry in content.libraries:
        texts += [entry.library.name, entry.library.id]
        texts += [text for label in entry.matched for text in (label_name(label.number), label.field.sha256)]
    for entry in content.opinions:
        texts += [*lines(entry.opinion.text), entry.author.name, moment(entry.given)]
    return texts


def _body(page: str) -> str:
    """Return a page's collapsed text without its foot, so that a text running over the end of the page is whole."""
    return re.sub(r"ManifestSHA-256[0-9a-f]{64}Page\d+of\d+", "", page)


def _stands(wanted: str, everything: str) -> bool:
    """Whether a text stands somewhere, possibly parted by page ends.

    Right-to-left letters and combining marks come back from a PDF in another order, so they are left out.
    """
    wanted = "".join(c for c in wanted if not _reordered(c))
    if wanted in everything:
        return True
    while len(wanted) > LONG:
        part = next((n for n in range(len(wanted), SHORTEST_PART, -1) if wanted[:n] in everything), 0)
        if not part:
            return False
        wanted = wanted[part:]
    return wanted in everything


def _reordered(character: str) -> bool:
    """Whether text extraction may give a character elsewhere than it was written."""
    return (
        unicodedata.bidirectional(character) in ("R", "AL", "AN", "NSM") or unicodedata.category(character)[0] in "MC"
    )
