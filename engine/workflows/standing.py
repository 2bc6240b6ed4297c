"""What stands behind a finding: the operating point with its provenance, and of a code the register's answer."""

from engine.core.case import Text
from engine.core.finding import Finding
from engine.core.operating import OperatingPoint
from engine.core.records import Record
from engine.store import Store
from engine.workflows.codes.tracing import RegisterAnswer, query


class ApprovedPoint(Record):
    """An operating point with who set it, and when (UTC)."""

    point: OperatingPoint
    actor_name: Text
    time: Text


class CodeStanding(Record):
    """The operating point that classified a finding, if one did, and what the register says of the finding's code.

    ``code_text`` is what the code says, text from outside; without a code that was read there is no answer.
    """

    approved: ApprovedPoint | None
    code_text: Text
    answer: RegisterAnswer | None


def code_standing(store: Store, finding: Finding) -> CodeStanding:
    """Return what stands behind a finding of the method for two-level QR codes, as the store knows it now."""
    text = str(finding.provenance.settings.get("code_text", ""))
    answer = query(store, text) if text else None
    return CodeStanding(approved=approved_point(store, finding), code_text=text, answer=answer)


def approved_point(store: Store, finding: Finding) -> ApprovedPoint | None:
    """Return the operating point that classified a finding, with who set it; None where none did."""
    if finding.classification is None:
        return None
    point = store.operating_point(finding.classification.operating_point_id)
    event = store.event_of("operating point set", point.id)
    return ApprovedPoint(point=point, actor_name=store.actor(event.actor_id).name, time=event.time)
