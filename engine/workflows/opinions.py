"""The examiner's opinion: an autosaved draft until it is given, then an event."""

from engine.core.case import Actor, Opinion
from engine.core.errors import InputError
from engine.core.records import entered, new_id
from engine.store import Store
from engine.workflows.cases import EXAMINING, require_role


def _draft_key(case_id: str) -> str:
    return f"opinion-{case_id}"


def save_opinion_draft(store: Store, case_id: str, text: str) -> None:
    """Keep the unsaved text of the opinion, outside the chain of events."""
    store.save_draft(_draft_key(case_id), {"text": text})


def opinion_draft(store: Store, case_id: str) -> str | None:
    """Return the unsaved text, or None where there is none."""
    draft = store.draft(_draft_key(case_id))
    return None if draft is None else str(draft.get("text", ""))


def give_opinion(store: Store, actor: Actor, case_id: str, text: str, finding_ids: tuple[str, ...]) -> Opinion:
    """Record the opinion; a later one corrects the one before and both stay readable."""
    require_role(actor, EXAMINING, "give opinions")
    if not text.strip():
        raise InputError("The opinion is empty", remedy="Write what you conclude and why.")
    store.refresh()
    known = {finding.id for finding in store.findings(case_id)}
    for finding_id in finding_ids:
        if finding_id not in known:
            raise InputError("The case has no such finding", where=finding_id, remedy="Choose one of its findings.")
    earlier = store.opinions(case_id)
    opinion = entered(
        Opinion,
        id=new_id("opinion"),
        case_id=case_id,
        text=text.strip(),
        finding_ids=finding_ids,
        corrects=earlier[-1].id if earlier else None,
    )
    store.commit(actor.id, "opinion given", opinion, case_id=case_id)
    store.discard_draft(_draft_key(case_id))
    return opinion
