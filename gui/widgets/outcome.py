"""What a finding came to, in a word or two."""

from engine.core.finding import Finding
from engine.core.library import METHOD
from engine.core.operating import Classification
from gui.widgets.text import Meaning

VERDICTS: dict[bool | None, tuple[str, Meaning]] = {
    True: ("Passes", "done"),
    False: ("Does not pass", "fault"),
    None: ("Inconclusive", "caution"),
}


def verdict(found: Classification) -> tuple[str, Meaning]:
    """Return what a classification comes to, and the colour of its words."""
    if not found.within_domain:
        return "Investigative only", "caution"
    return VERDICTS[found.passes]


def outcome_text(finding: Finding) -> str:
    """Return what an operating point says of a finding where one does, else its outcome, else its title."""
    if finding.classification is not None:
        return verdict(finding.classification)[0]
    text = finding.outcome or finding.title
    return text[:1].upper() + text[1:]


def subject_text(finding: Finding) -> str:
    """Return what the code says that a finding is about, text from outside, or which known label it found.

    Empty where it is about neither.
    """
    if finding.method == METHOD:
        said = finding.classification
        return finding.matches[0].reference if said is not None and said.passes else ""
    return str(finding.provenance.settings.get("code_text", ""))
