"""Actors, cases and items; what a case holds; its custody timeline."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ConfigDict, Field

from engine.core.case import Actor, Capture, Case, Event, IssuedReport, Item, Opinion, Refusal, Role, Scale, Standing
from engine.core.codes import CodeCheck
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.records import Record, entered, new_id
from engine.store import Destruction, ScaleSet, Store, any_record_of

EXAMINING = frozenset({Role.EXAMINER, Role.VERIFIER, Role.ADMINISTRATOR})
ADMINISTERING = frozenset({Role.ADMINISTRATOR})


class CaseOverview(Record):
    """All that one case holds, as it stands."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    case: Case
    items: tuple[Item, ...]
    captures: Mapping[str, tuple[Capture, ...]] = Field(description="captures by item id")
    findings: tuple[Finding, ...]
    opinions: tuple[Opinion, ...]
    reports: tuple[IssuedReport, ...]
    refusals: tuple[Refusal, ...]
    destroyed: Mapping[str, Destruction] = Field(description="by SHA-256, of captures whose bytes no longer exist")

    def capture_ids(self) -> frozenset[str]:
        """Return the ids of all captures of the case."""
        return frozenset(capture.id for captures in self.captures.values() for capture in captures)


class CustodyEntry(Record):
    """One line of the custody timeline."""

    event: Event
    actor_name: str
    text: str


def require_role(actor: Actor, roles: frozenset[Role], action: str) -> None:
    """Raise InputError unless the actor has one of the roles."""
    if actor.role not in roles:
        allowed = ", ".join(sorted(role.value for role in roles))
        raise InputError(
            f"The role {actor.role} may not {action}", where=actor.name, remedy=f"Act as one of these roles: {allowed}."
        )


def add_actor(store: Store, by: Actor, name: str, role: Role) -> Actor:
    """Add a named person with a role; administrators only. A name stands for one person."""
    require_role(by, ADMINISTERING, "add actors")
    if any(other.name.casefold() == name.strip().casefold() for other in store.actors()):
        raise InputError("An actor of that name exists already", where=name, remedy="Choose another name.")
    actor = entered(Actor, id=new_id("actor"), name=name, role=role)
    store.commit(by.id, "actor added", actor)
    return actor


def open_case(
    store: Store, actor: Actor, title: str, *, reference: str = "", customer: str = "", note: str = ""
) -> Case:
    """Open a case."""
    require_role(actor, EXAMINING, "open cases")
    case = entered(Case, id=new_id("case"), title=title, reference=reference, customer=customer, note=note)
    store.commit(actor.id, "case opened", case, case_id=case.id)
    return case


def add_item(
    store: Store,
    actor: Actor,
    case_id: str,
    name: str,
    standing: Standing,
    *,
    condition: str = "",
    received: str = "",
    simulated: bool = False,
) -> Item:
    """Add a physical exhibit to a case; its name is unique within the case."""
    require_role(actor, EXAMINING, "add items")
    store.case(case_id)
    if any(other.name.casefold() == name.strip().casefold() for other in store.items(case_id)):
        raise InputError("The case has an item of that name already", where=name, remedy="Choose another name.")
    item = entered(
        Item,
        id=new_id("item"),
        case_id=case_id,
        name=name,
        standing=standing,
        condition=condition,
        received=received,
        simulated=simulated,
    )
    store.commit(actor.id, "item added", item, case_id=case_id)
    return item


def case_overview(store: Store, case_id: str) -> CaseOverview:
    """Return all that the case holds; findings come without their rasters."""
    items = store.items(case_id)
    captures = {item.id: store.captures(item.id) for item in items}
    held = {capture.sha256 for several in captures.values() for capture in several}
    return CaseOverview(
        case=store.case(case_id),
        items=items,
        captures=MappingProxyType(captures),
        findings=store.findings(case_id),
        opinions=store.opinions(case_id),
        reports=store.reports(case_id),
        refusals=store.refusals(case_id),
        destroyed=MappingProxyType({key: each for key in held if (each := store.destruction(key)) is not None}),
    )


def set_scale(store: Store, actor: Actor, capture_id: str, scale: Scale) -> Capture:
    """Give a capture a physical scale; findings made before keep the scale they used."""
    require_role(actor, EXAMINING, "set scales")
    capture = store.capture(capture_id)
    case_id = store.item(capture.item_id).case_id
    store.commit(actor.id, "scale set", ScaleSet(capture_id=capture_id, scale=scale), case_id=case_id)
    return store.capture(capture_id)


def custody(store: Store, case_id: str) -> tuple[CustodyEntry, ...]:
    """Return the case's events, oldest first, in words; destructions of its captures' bytes are among them.

    Raises
    ------
    StoreError
        If an event does not carry a record of its kind.
    """
    names = {actor.id: actor.name for actor in store.actors()}
    held = {capture.sha256 for item in store.items(case_id) for capture in store.captures(item.id)}
    events = {event.sequence: event for event in (*store.case_events(case_id), *store.destructions(held))}
    return tuple(
        CustodyEntry(event=event, actor_name=names.get(event.actor_id, event.actor_id), text=_in_words(store, event))
        for _, event in sorted(events.items())
    )


def _in_words(store: Store, event: Event) -> str:
    match any_record_of(event):
        case Case() as case:
            text = f"Case opened: {case.title}"
        case Item() as item:
            text = f"Item added: {item.name} ({item.standing})"
        case Capture() as capture:
            item = store.item(capture.item_id).name
            text = f"Capture of {item} taken in: {capture.file_name}, SHA-256 {capture.sha256[:16]}"
        case Refusal() as refusal:
            text = f"File refused: {refusal.file_name}: {refusal.reason}"
        case ScaleSet(scale=scale) as given:
            pitch = f"{scale.um_per_px_x:.4g} x {scale.um_per_px_y:.4g} \N{MICRO SIGN}m/px"
            text = f"Scale of {store.capture(given.capture_id).file_name} set: {pitch} ({scale.source})"
        case Finding() as finding:
            text = f"Finding made: {finding.title}: {finding.outcome}"
        case CodeCheck() as check:
            said = f"{check.code_text!r}: register: {check.register_state}"
            text = f"Code checked, it says {said}; {check.outcome}"
        case Opinion() as opinion:
            text = "Opinion corrected" if opinion.corrects else "Opinion given"
        case IssuedReport() as report:
            text = f"Report {report.number} issued, PDF SHA-256 {report.pdf_sha256[:16]}"
        case Destruction() as destruction:
            reason = f": {destruction.reason}" if destruction.reason else ""
            text = f"Bytes {destruction.sha256[:16]} destroyed by order {destruction.order}{reason}"
        case _:
            text = event.kind.capitalize()
    return text
