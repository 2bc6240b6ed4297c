"""What is known of a label in words: its candidates, its operating point, the library it was looked for in. No Qt."""

from typing import TYPE_CHECKING

from engine.core.finding import Finding, Match
from engine.core.library import SIMILARITY, label_name
from engine.core.operating import OperatingPoint
from gui.widgets.operating import domain_text, rate_text
from gui.widgets.units import count, time_text

if TYPE_CHECKING:
    from engine.workflows.labels.candidates import Candidate, LabelStanding
    from engine.workflows.labels.library import LabelDetails


def card_lines(match: Match) -> tuple[str, ...]:
    """Return a candidate's scores for the strip, a line each."""
    values = {score.key: score.value for score in match.scores}
    similarity, points, share = (values.get(key) for key in (SIMILARITY, "matched_points", "agreement"))
    lines = ["" if similarity is None else f"similarity {similarity:.3f}"]
    if points is not None:
        found = count(round(points), "matched point")
        lines.append(found if share is None else f"{found}, {100 * share:.0f} %")
    return tuple(filter(None, lines))


def strip_title(finding: Finding, standing: "LabelStanding") -> str:
    """Return what stands above the strip: how many candidates there are, and of how many labels."""
    searched = next((score.value for score in finding.scores if score.key == "searched"), None)
    among = f" of {count(round(searched), 'label')}" if searched is not None else ""
    if among and finding.provenance.settings.get("classified"):
        among += " of its likely classes"
    if not standing.candidates:
        return f"Nothing to rank{among} in {standing.library.name}"
    alike = "1 label" if len(standing.candidates) == 1 else f"{len(standing.candidates)} labels"
    return f"The {alike} most alike{among} in {standing.library.name}"


def candidate_lines(candidate: "Candidate", details: "LabelDetails | None") -> tuple[str, ...]:
    """Return how a candidate lies under the questioned label, and where it is from."""
    lines = [f"{label_name(candidate.number)}, rank {candidate.match.rank}"]
    if not candidate.by_points:
        lines.append("Laid frame over frame: too few points of the film agree")
    if details is not None:
        place = f"row {details.row + 1}, column {details.column + 1}"
        lines += [
            f"Cut from {details.field.file_name}, {place}",
            f"Enrolled by {details.actor_name}, {time_text(details.enrolled)}",
        ]
        if details.withdrawn:
            lines.append(f"Withdrawn since: {details.withdrawn}")
    return tuple(lines)


def library_text(standing: "LabelStanding") -> str:
    """Return which library was searched, and whether it is simulated."""
    return standing.library.name + (", simulated" if standing.library.simulated else "")


def point_lines(point: OperatingPoint, actor_name: str, time: str) -> tuple[str, ...]:
    """Return an operating point's threshold, rates, domain and provenance, a sentence each."""
    tuning, test = point.tuning, point.test
    return (
        f"{point.name}: accepted from {point.score} {point.threshold:.4f} on ({point.rule}).",
        f"Fakes accepted: {rate_text(point.far)}. Genuine labels refused: {rate_text(point.frr)}.",
        f"Tuned on {len(tuning.genuine)} genuine labels and {count(len(tuning.counterfeit), 'fake')}, tested on "
        f"{len(test.genuine)} and {len(test.counterfeit)} others.",
        f"Holds for {domain_text(point.domain)}.",
        f"Recorded by {actor_name}, {time_text(time)}. Data {tuning.data_sha256[:12]}, {test.data_sha256[:12]}.",
    )
