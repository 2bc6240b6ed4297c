"""What is known of a label in words: its candidates, its operating point, the library it was looked for in. No Qt."""

from typing import TYPE_CHECKING

from engine.core.finding import Finding, Match
from engine.core.library import SIMILARITY, label_name
from engine.core.operating import OperatingPoint
from gui.widgets.operating import domain_text, rate_text
from gui.widgets.units import count, time_text

if TYPE_CHECKING:
    from engine.workflows.candidates import Candidate, LabelStanding


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
    if not standing.candidates:
        return f"Nothing to rank{among} in {standing.library.name}"
    alike = "1 label" if len(standing.candidates) == 1 else f"{len(standing.candidates)} labels"
    return f"The {alike} most alike{among} in {standing.library.name}"


def candidate_lines(candidate: "Candidate") -> tuple[str, ...]:
    """Return where a candidate is from."""
    own = candidate.details
    withdrawn = (f"Withdrawn: {own.withdrawn}",) if own.withdrawn else ()
    return (
        f"{label_name(own.number)}, rank {candidate.match.rank}",
        f"Cut from {own.field.file_name}, row {own.row + 1}, column {own.column + 1}",
        f"Enrolled by {own.actor_name}, {time_text(own.enrolled)}",
        *withdrawn,
    )


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
