"""What stands on the pages, as plain strings: the only thing that the template sees."""

import json
import math
from collections import Counter
from typing import Any

from engine.core.case import Actor, Capture, Scale
from engine.core.colour_maps import lookup
from engine.core.finding import Finding, Score
from engine.report.content import ColourBar, ExaminedItem, Figure, Panel, ReportContent, ReportedFinding
from engine.report.points import classification_view, library_rows, point_rows, series_rows
from engine.report.visible import hash_cell, lines, measured, moment, number, short, unit, visible

WIDEST = 300.0  # points; a single picture leaves room for its legend at the side
WIDEST_OF_PAIR = 233.0
TALLEST = 270.0
GRADIENT_STOPS = 17
LONGEST_HEADER = 70  # characters of the laboratory's name in the header; the whole name stands on the first page
NONE_STATED = "none stated"
View = dict[str, Any]
Rows = list[list[Any]]


def page_view(
    content: ReportContent,
    figures: tuple[Figure, ...],
    manifest_sha256: str,
    unshowable: frozenset[str] = frozenset(),
) -> View:
    """Return the strings, picture files and measures (points, per cent) that the template lays out."""
    view: View = {
        "number": content.number,
        "title": content.title,
        "case_title": content.case.title,
        "laboratory": _clipped(content.laboratory),
        "manifest": hash_cell(manifest_sha256),
        "simulated": content.simulated,
        "amendment": _amendment(content),
        "facts": _facts(content),
        "items": [_item(entry) for entry in content.items],
        "findings": [_finding(content, entry, figures) for entry in content.findings],
        "figures": [_figure(index, figure) for index, figure in enumerate(figures)],
        "opinions": [
            {
                "text": [{"line": line} for line in lines(entry.opinion.text)],
                "by": f"{_person(entry.author)}, {moment(entry.given)}",
            }
            for entry in content.opinions
        ],
        "methods": [[f"{m.title}, version {m.version}", m.citation] for m in content.methods],
        "points": [{"title": entry.point.name, "rows": point_rows(entry)} for entry in content.points],
        "series": [{"title": facts.name, "rows": series_rows(facts)} for facts in content.series],
        "libraries": [{"title": entry.library.name, "rows": library_rows(entry)} for entry in content.libraries],
        "statements": _statements(content),
        "integrity": _integrity(content),
        "authoriser": f"{_person(content.authoriser)}, {moment(content.issued)}",
    }
    return _shown(view, unshowable)


def picture_file(figure: int, panel: int) -> str:
    """Return the file name under which the template finds a panel's picture."""
    return f"picture-{figure}-{panel}.png"


def _shown(value: Any, unshowable: frozenset[str]) -> Any:
    if isinstance(value, str):
        return visible(value, unshowable)
    if isinstance(value, dict):
        kept = ("hash", "file", "colours")
        return {key: part if key in kept else _shown(part, unshowable) for key, part in value.items()}
    if isinstance(value, list):
        return [_shown(part, unshowable) for part in value]
    return value


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_HEADER else text[: LONGEST_HEADER - 1] + "\u2026"


def _person(actor: Actor) -> str:
    return f"{actor.name} ({actor.role.value})"


def _amendment(content: ReportContent) -> View | None:
    made = content.amendment
    if made is None:
        return None
    return {
        "title": f"Amendment {made.count} to report {made.number}, issued {moment(made.issued)}",
        "rows": [
            ["Effect", "This report replaces the one it amends."],
            ["Reason", made.reason or NONE_STATED],
            ["Amended manifest", hash_cell(made.manifest_sha256)],
        ],
    }


def _facts(content: ReportContent) -> Rows:
    first, last = (moment(time) for time in content.examined)
    return [
        ["Report number", content.number],
        ["Date of issue", moment(content.issued)],
        ["Laboratory", "\n".join(filter(None, (content.laboratory, content.address)))],
        ["Location of the work", content.location or NONE_STATED],
        ["Customer", content.case.customer or NONE_STATED],
        ["Customer's reference", content.case.reference or NONE_STATED],
        ["Case", f"{content.case.title} ({content.case.id})"],
        ["Date of examination", first if first == last else f"{first} to {last}"],
        ["Authorised by", _person(content.authoriser)],
    ]


def _item(entry: ExaminedItem) -> View:
    item = entry.item
    return {
        "name": item.name,
        "standing": item.standing.value,
        "id": item.id,
        "simulated": item.simulated,
        "condition": item.condition or NONE_STATED,
        "received": moment(item.received) or NONE_STATED,
        "captures": [
            {"title": capture_name(capture), "rows": _capture(capture, entry.destroyed)} for capture in entry.captures
        ],
    }


def capture_name(capture: Capture) -> str:
    """Return how a capture is called on paper: its file name, and its page where it is not the first."""
    return capture.file_name if capture.page == 0 else f"{capture.file_name}, page {capture.page + 1}"


def _capture(capture: Capture, destroyed: dict[str, str]) -> Rows:
    quality = capture.quality
    colour = {1: "grey", 2: "grey with a second channel"}.get(capture.channels, "RGB")
    profile = [["ICC profile", hash_cell(capture.icc_sha256)]] if capture.icc_sha256 else []
    gone = destroyed.get(capture.sha256)
    bytes_ = [["Original bytes", f"destroyed by order {gone}; no figure can be drawn of them"]] if gone else []
    return [
        ["SHA-256", hash_cell(capture.sha256)],
        *bytes_,
        ["Capture", f"{capture.id}; page {capture.page + 1} of the file; {capture.byte_size} bytes"],
        [
            "Image",
            f"{capture.width} \u00d7 {capture.height} px, {colour}, {capture.bit_depth} bits; {capture.media_type}; "
            f"EXIF orientation {capture.orientation} applied",
        ],
        *profile,
        ["Device", capture.device.value + (" (simulated)" if capture.simulated else "")],
        ["Scale", scale_text(capture.scale)],
        [
            "Quality",
            f"focus {number(quality.focus)}, noise {number(quality.noise)}; clipped: "
            f"{short(100 * quality.clipped_low)}\u00a0% dark, {short(100 * quality.clipped_high)}\u00a0% light",
        ],
    ]


def scale_text(scale: Scale | None) -> str:
    """Return a scale with its source and uncertainty, or that none is known."""
    if scale is None:
        return "not known; lengths are given in pixels"
    return (
        f"{number(scale.um_per_px_x)} \u00d7 {number(scale.um_per_px_y)} \u00b5m per pixel (x, y); "
        f"source: {scale.source.value}; relative standard uncertainty {short(100 * scale.relative_uncertainty)}\u00a0%"
    )


def _finding(content: ReportContent, entry: ReportedFinding, figures: tuple[Figure, ...]) -> View:
    finding = entry.finding
    names = _capture_names(content)
    return {
        "title": finding.title,
        "outcome": finding.outcome or "no outcome; see the scores",
        "by": f"{_person(entry.examiner)}, {moment(entry.made)}",
        "inputs": [
            {"line": f"{role}: {names.get(capture_id, capture_id)}"}
            for role, capture_id in zip(_roles(finding), finding.capture_ids, strict=True)
        ],
        "simulated": finding.simulated,
        "classification": classification_view(finding),
        "scores": [_score(score) for score in finding.scores],
        "matches": _matches(finding),
        "cautions": [caution.text for caution in finding.cautions],
        "figures": ", ".join(str(i + 1) for i, figure in enumerate(figures) if figure.finding_id == finding.id),
        "conditions": _conditions(finding, names),
    }


def _capture_names(content: ReportContent) -> dict[str, str]:
    return {
        capture.id: f"{capture_name(capture)} of {entry.item.name}"
        for entry in content.items
        for capture in entry.captures
    }


def _roles(finding: Finding) -> list[str]:
    return ["Questioned"] + ["Known"] * (len(finding.capture_ids) - 1)


def _score(score: Score) -> list[str]:
    if score.value is None:
        return [score.title, number(None), "", score.direction.value, ""]
    return [
        score.title,
        measured(score.value, score.unit),
        unit(score.unit),
        score.direction.value,
        f"\u00b1 {short(score.tolerance)}",
    ]


def _matches(finding: Finding) -> View | None:
    """Return the ranked matches as a table, a column for each score that any of them has."""
    if not finding.matches:
        return None
    columns = {score.key: score for match in finding.matches for score in match.scores}
    rows: Rows = []
    for match in finding.matches:
        own = {score.key: measured(score.value, score.unit) for score in match.scores}
        rows.append([str(match.rank), match.reference, *(own.get(key, "") for key in columns)])
    titles = [score.title + (f" ({unit(score.unit)})" if score.unit else "") for score in columns.values()]
    return {"header": ["Rank", "Reference", *titles], "rows": rows}


def _conditions(finding: Finding, names: dict[str, str]) -> Rows:
    made = finding.provenance
    rows: Rows = [["Finding", finding.id], ["Method", f"{made.method}, version {made.method_version}"]]
    rows += [["Setting " + key, json.dumps(value, ensure_ascii=False)] for key, value in sorted(made.settings.items())]
    rows += [["Input, SHA-256", hash_cell(sha256)] for sha256 in made.input_sha256]
    rows += [
        [f"Scale used for {names.get(used.capture_id, used.capture_id)}", scale_text(used.scale)]
        for used in finding.scales
    ]
    if finding.questioned_to_known is not None:
        rows.append([f"Questioned to known ({finding.questioned_to_known.kind.value})", _matrix(finding)])
    if finding.correspondences:
        rows.append(["Corresponding points", _points(finding)])
    rows += [[f"Overlay {o.key}, SHA-256", hash_cell(o.raster_sha256)] for o in finding.overlays if o.raster_sha256]
    if made.weights_sha256:
        rows.append(["Weights, SHA-256", hash_cell(made.weights_sha256)])
    rows.append(["Computation", f"{made.precision}; seed {made.seed}; {made.threads} threads"])
    rows.append(["Versions", ", ".join(f"{name} {version}" for name, version in sorted(made.versions.items()))])
    return rows


def _points(finding: Finding) -> str:
    """Return how many points correspond: in all and held out, or with each of the ranked matches."""
    with_match = Counter(point.reference for point in finding.correspondences if point.reference is not None)
    if with_match:
        return ", ".join(f"{count} with {reference}" for reference, count in with_match.items())
    held_out = sum(point.held_out for point in finding.correspondences)
    return f"{len(finding.correspondences)}, of which {held_out} held out"


def _matrix(finding: Finding) -> str:
    assert finding.questioned_to_known is not None
    return "; ".join(" ".join(number(value) for value in row) for row in finding.questioned_to_known.matrix)


def _statements(content: ReportContent) -> Rows:
    rows = [
        ["Scope", "The results relate only to the items examined, in the condition in which they were received."],
        [
            "Reading scores",
            "Scores are measurements. They are no probabilities, and they decide nothing by themselves. An operating "
            "point compares a score with a threshold, within the domain it was measured in; the examiner concludes.",
        ],
        ["Deviations", content.deviations or "No additions to, deviations or exclusions from the method are recorded."],
        ["Sampling", content.sampling or "No sampling is recorded."],
        ["External providers", content.external or "No results from external providers are recorded."],
        ["Reproduction", "This report is reproduced in full only, unless the laboratory approves otherwise."],
    ]
    if content.simulated:
        rows.insert(1, ["Simulation", "Simulated captures were examined; results say nothing about a real item."])
    return rows


def _integrity(content: ReportContent) -> Rows:
    return [
        ["Ledger HEAD, SHA-256", hash_cell(content.head_hash)],
        ["Ledger HEAD, sequence", str(content.head_sequence)],
        [
            "Attached file",
            "touchstone-manifest.json holds every record behind this report. Its SHA-256 stands at the foot of every "
            "page; with the manifest the report can be checked, and with the store the findings can be run again.",
        ],
    ]


def _figure(index: int, figure: Figure) -> View:
    widest = WIDEST if len(figure.panels) == 1 else WIDEST_OF_PAIR
    return {
        "number": str(index + 1),
        "caption": figure.caption,
        "panels": [_panel(panel, picture_file(index, place), widest) for place, panel in enumerate(figure.panels)],
        "bar": _colour_bar(figure.colour_bar) if figure.colour_bar else None,
    }


def _panel(panel: Panel, file: str, widest: float) -> View:
    picture = panel.picture
    width = min(widest, TALLEST * picture.width / picture.height)
    view: View = {
        "file": file,
        "width": round(width, 2),
        "height": round(width * picture.height / picture.width, 2),
        "label": panel.label,
        "extent": panel.extent,
        "scale": scale_text(panel.scale),
        "bar": None,
    }
    if panel.um_per_px is not None:
        shown_um = panel.um_per_px * picture.width
        length = _round_length(shown_um * min(0.3, 70.0 / width))
        text = f"{short(length / 1000)}\u00a0mm" if length >= 1000 else f"{short(length)}\u00a0\u00b5m"
        view["bar"] = {"points": round(width * length / shown_um, 3), "text": text}
    return view


def _round_length(length: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length * (1 + 1e-9))


def _colour_bar(bar: ColourBar) -> View:
    table = lookup(bar.colour_map)
    places = [round(255 * i / (GRADIENT_STOPS - 1)) for i in range(GRADIENT_STOPS)]
    ticks = [bar.low + (bar.high - bar.low) * i / 4 for i in range(5)]
    return {
        "title": bar.title + (f" ({unit(bar.unit)})" if bar.unit else ""),
        "colours": ["#" + bytes(table[place]).hex() for place in places],
        "ticks": [short(tick) for tick in ticks],
        "note": f"Colour map {bar.colour_map}, drawn at {short(100 * bar.opacity)}\u00a0% opacity on the native grid: "
        f"{bar.grid[0]} \u00d7 {bar.grid[1]} cells, {short(bar.cell_px)} px of the capture a cell. "
        "Cells without a measurement are left clear.",
    }
