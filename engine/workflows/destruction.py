"""Destroy original bytes by order: the record of them stays, with who ordered it and why."""

from engine.core.case import Actor, Capture
from engine.core.errors import InputError, StoreError
from engine.core.records import entered
from engine.store import Destruction, Store
from engine.workflows.cases import ADMINISTERING, require_role


def captures_of(store: Store, sha256: str) -> tuple[Capture, ...]:
    """Return all captures that were made from bytes of that SHA-256, in any case."""
    items = [item for case in store.cases() for item in store.items(case.id)]
    return tuple(capture for item in items for capture in store.captures(item.id) if capture.sha256 == sha256)


def destroy(store: Store, actor: Actor, sha256: str, *, order: str, reason: str = "") -> Destruction:
    """Destroy original bytes and the tiles made from them, for good; administrators only.

    Raises
    ------
    InputError
        If the role may not, there is no order, or the store does not hold these bytes.
    StoreError
        If it cannot be recorded, and nothing is destroyed then; or if tiles could not be removed.
    """
    require_role(actor, ADMINISTERING, "destroy evidence")
    store.refresh()
    earlier = store.destruction(sha256)
    if earlier is not None:
        raise InputError(f"These bytes were destroyed by order {earlier.order} already", where=sha256)
    destruction = entered(Destruction, sha256=sha256, order=order, reason=reason)
    cases = {store.item(capture.item_id).case_id for capture in captures_of(store, sha256)}
    store.commit(actor.id, "evidence destroyed", destruction, case_id=cases.pop() if len(cases) == 1 else None)
    try:
        store.discard_tiles(sha256)
    except OSError as error:
        what = f"The bytes are destroyed, but tiles made from them could not be removed ({error.strerror})"
        raise StoreError(what, where=sha256, remedy="Close all windows on the store and rebuild it") from error
    return destruction
