"""The pictures of a report: every capture, and for each finding the pair that was compared, and its overlays."""

from engine.core.case import Capture, Scale
from engine.core.finding import Finding
from engine.core.library import METHOD
from engine.core.method import Pixels
from engine.imaging.client import ImagingWorker
from engine.jobs import JobContext
from engine.report.content import Figure, ReportContent
from engine.report.figures import evidence_figure, overlay_figure, pair_figure
from engine.store import Store
from engine.workflows.labels.candidates import Candidate, candidates, library_of


def report_figures(store: Store, content: ReportContent, context: JobContext) -> tuple[Figure, ...]:
    """Draw the figures of a report from the evidence and the recorded overlays, one capture in memory at a time.

    Of bytes that were destroyed by order there is none.
    """
    gone = {sha256 for entry in content.items for sha256 in entry.destroyed}
    captures = {capture.id: (entry.item.name, capture) for entry in content.items for capture in entry.captures}
    total = len(captures) + len(content.findings)
    figures: list[Figure] = []
    with ImagingWorker() as worker:

        def pixels(capture: Capture) -> Pixels:
            return worker.read(store.evidence(capture.sha256, context), capture.page)

        for name, capture in captures.values():
            if capture.sha256 in gone:
                continue
            context.check_cancelled()
            context.progress(len(figures), total, f"Drawing {capture.file_name}")
            caption = f"Capture {capture.file_name} of item {name}"
            figures.append(evidence_figure(f"capture-{capture.id}", caption, name, pixels(capture), capture.scale))
        for number, entry in enumerate(content.findings):
            context.check_cancelled()
            context.progress(len(captures) + number, total, "Drawing findings")
            finding = store.finding(entry.finding.id, with_rasters=True)
            shown = [captures[capture_id] for capture_id in finding.capture_ids]
            if any(capture.sha256 in gone for _, capture in shown):
                continue
            figures += _finding_figures(store, finding, shown, [pixels(capture) for _, capture in shown])
    return tuple(figures)


def _finding_figures(
    store: Store, finding: Finding, shown: list[tuple[str, Capture]], pixels: list[Pixels]
) -> list[Figure]:
    """Draw the pair and the overlays at the scales that the finding used."""
    scales = {used.capture_id: used.scale for used in finding.scales}
    figures = [_pair(finding, shown, pixels, scales)] if len(shown) > 1 else []
    if finding.method == METHOD:
        figures += [_label_pair(store, finding, shown[0], pixels[0], candidate)
                    for candidate in candidates(store, finding, most=1)]  # fmt: skip
    by_id = {capture.id: (name, array) for (name, capture), array in zip(shown, pixels, strict=True)}
    for overlay in finding.overlays:
        name, array = by_id[overlay.capture_id]
        figures.append(
            overlay_figure(
                f"{overlay.key}-{finding.id}",
                f"{overlay.title} on {name}. {overlay.meaning}".rstrip(),
                name,
                array,
                overlay,
                scales.get(overlay.capture_id),
                close=len(shown) == 1,
                finding_id=finding.id,
            )
        )
    return figures


def _pair(
    finding: Finding, shown: list[tuple[str, Capture]], pixels: list[Pixels], scales: dict[str, Scale | None]
) -> Figure:
    (questioned, questioned_capture), (known, known_capture) = shown[0], shown[1]
    return pair_figure(
        f"pair-{finding.id}",
        f"{questioned} beside {known}: {finding.outcome}",
        (questioned, known),
        pixels[0],
        pixels[1],
        (scales.get(questioned_capture.id), scales.get(known_capture.id)),
        finding.questioned_to_known,
        correspondences=finding.correspondences,
        finding_id=finding.id,
    )


def _label_pair(
    store: Store, finding: Finding, shown: tuple[str, Capture], pixels: Pixels, candidate: Candidate
) -> Figure:
    """Draw the questioned label beside the known one that the finding ranks first, with their matched points."""
    questioned, capture = shown
    library, known = store.library(library_of(finding)), candidate.match.reference
    scale = next(used.scale for used in finding.scales if used.capture_id == capture.id)
    return pair_figure(
        f"pair-{finding.id}",
        f"{questioned} beside {known} of library {library.name}, the label most like it: {finding.outcome}",
        (questioned, f"{known}, as it was enrolled"),
        pixels,
        candidate.image,
        (scale, None),
        candidate.questioned_to_known,
        correspondences=candidate.points,
        finding_id=finding.id,
    )
