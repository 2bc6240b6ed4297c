"""Actors, cases and items; what a case holds; its custody timeline."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ConfigDict, Field

from engine.core.case import Actor, Capture, Case, Event, IssuedReport, Item, Opinion, Refusal, Role, Scale, Standing
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.records import Record, entered, new_id
from engine.store import ScaleSet, Store

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
    return CaseOverview(
        case=store.case(case_id),
        items=items,
        captures=MappingProxyType({item.id: store.captures(item.id) for item in items}),
        findings=store.findings(case_id),
        opinions=store.opinions(case_id),
        reports=store.reports(case_id),
        refusals=store.refusals(case_id),
    )


def set_scale(store: Store, actor: Actor, capture_id: str, scale: Scale) -> Capture:
    """Give a capture a physical scale; findings made before keep the scale they used."""
    require_role(actor, EXAMINING, "set scales")
    capture = store.capture(capture_id)
    case_id = store.item(capture.item_id).case_id
    store.commit(actor.id, "scale set", ScaleSet(capture_id=capture_id, scale=scale), case_id=case_id)
    return store.capture(capture_id)


def custody(store: Store, case_id: str) -> tuple[CustodyEntry, ...]:
    """Return the case's events, oldest first, in words."""
    names = {actor.id: actor.name for actor in store.actors()}
    return tuple(
        CustodyEntry(event=event, actor_name=names.get(event.actor_id, event.actor_id), text=_in_words(store, event))
        for event in store.case_events(case_id)
    )


def _in_words(store: Store, event: Event) -> str:
    record = event.payload.get("record", {})
    match event.kind:
        case "case opened":
            text = f"Case opened: {record['title']}"
        case "item added":
            text = f"Item added: {record['name']} ({record['standing']})"
        case "capture taken in":
            item = store.item(record["item_id"]).name
            text = f"Capture of {item} taken in: {record['file_name']}, SHA-256 {record['sha256'][:16]}"
        case "file refused":
            text = f"File refused: {record['file_name']}: {record['reason']}"
        case "scale set":
            scale, name = record["scale"], store.capture(record["capture_id"]).file_name
            pitch = f"{scale['um_per_px_x']:.4g} x {scale['um_per_px_y']:.4g} \N{MICRO SIGN}m/px"
            text = f"Scale of {name} set: {pitch} ({scale['source']})"
        case "finding made":
            text = f"Finding made: {record['title']}: {record['outcome']}"
        case "opinion given":
            text = "Opinion corrected" if record.get("corrects") else "Opinion given"
        case "report issued":
            text = f"Report {record['number']} issued, PDF SHA-256 {record['pdf_sha256'][:16]}"
        case kind:
            text = kind.capitalize()
    return text
