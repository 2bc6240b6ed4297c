"""The register of product IDs: issue them, record what becomes of the products, void, and ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, Field

from engine.core.case import Actor, Role, Text
from engine.core.codes import (
    Anomaly,
    CodeSeries,
    IdBatch,
    LifeBatch,
    LifeStep,
    RecordedCheck,
    RecordedStep,
    RecordedVoiding,
    RegisterState,
    Stage,
    Voiding,
)
from engine.core.errors import InputError
from engine.core.records import Record, entered, new_id
from engine.jobs import JobContext
from engine.store import Store
from engine.traceability.anomalies import find_anomalies
from engine.traceability.ids import LETTERS, PRODUCT_ID, ProductIds, distinct, from_written, new_ids, typed_id
from engine.traceability.register import STEP_COLUMNS, Register
from engine.traceability.texts import to_tables
from engine.traceability.times import utc_text
from engine.workflows.cases import require_role
from engine.workflows.codes.series import PRODUCING, Keyring
from engine.workflows.tables import Table, read_table

RECORDING = PRODUCING | {Role.EXAMINER}
COUNT_LIMIT = 1_000_000  # IDs of one batch
ATTEMPTS = 4
ID_COLUMN = "id"


@dataclass(frozen=True)
class IssuedIds:
    """IDs just issued, in the order of the rows of their variable data, if there are any."""

    batch: IdBatch
    product_ids: Sequence[str]
    rows: Table | None = None


class RegisterAnswer(Record):
    """What the register says about a product ID.

    ``product_id`` is None where the text that was asked for holds none; ``code_text`` is what the code of an issued ID
    says. Series, batch and history stand only where the ID was issued, checks also where it never was.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    state: RegisterState
    product_id: str | None
    code_text: Text = ""
    series: CodeSeries | None = None
    batch: IdBatch | None = None
    issued_at: Text = ""
    data: Mapping[str, str] = Field(default_factory=dict)
    steps: tuple[RecordedStep, ...] = ()
    checks: tuple[RecordedCheck, ...] = ()
    voidings: tuple[RecordedVoiding, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()


def issue_ids(
    store: Store,
    actor: Actor,
    series_id: str,
    keyring: Keyring,
    *,
    count: int | None = None,
    rows: Table | None = None,
    note: str = "",
    context: JobContext,
) -> IssuedIds:
    """Assign product IDs to an unlocked series, one for each row of variable data or ``count`` of them.

    Raises
    ------
    InputError
        The role may not do this, the series is locked or voided, or the batch is too large for one event.
    """
    require_role(actor, PRODUCING, "issue IDs")
    if (count is None) == (rows is None):
        raise InputError("Say how many IDs, or give a table with a row for each", remedy="Give one of the two.")
    count = len(rows.rows) if rows is not None else count
    assert count is not None
    if not 1 <= count <= COUNT_LIMIT:
        raise InputError(f"One batch has 1 to {COUNT_LIMIT:,} IDs, not {count:,}", remedy="Issue several batches.")
    store.refresh()
    series = store.code_series_one(series_id)
    if Register.of(store).voidings(series_id):
        raise InputError("The series is voided", where=series.facts.name, remedy="Make a new series.")
    key = keyring.series(series_id).key
    register = Register.of(store)
    context.progress(0, 3, "Assigning IDs")
    for _ in range(ATTEMPTS):
        batch_id = new_id("batch")
        ids = new_ids(key, batch_id, count)
        if distinct(ids) and not register.issued_before(ids).any():
            break
    else:
        raise InputError("No unused IDs were found", remedy="Try again.")
    context.check_cancelled()
    context.progress(1, 3, "Collecting the variable data")
    columns = rows.columns if rows is not None else ()
    batch = entered(IdBatch, id=batch_id, series_id=series_id, count=count, columns=columns, note=note)
    texts = to_tables(rows.rows, len(columns)) if rows is not None else {}
    context.check_cancelled()
    context.progress(2, 3, "Recording the IDs")
    store.commit(actor.id, "ids issued", batch, tables={"ids": ids, **texts})
    return IssuedIds(batch, ProductIds(ids), rows)


def issued_batch(store: Store, batch_id: str) -> IssuedIds:
    """Return the IDs of a batch issued before, in their order, with their variable data."""
    batch = next((each for each in store.id_batches() if each.id == batch_id), None)
    if batch is None:
        raise InputError("There is no such batch of IDs", where=batch_id, remedy="Check the identifier.")
    register = Register.of(store)
    rows = Table(batch.columns, register.rows(batch)) if batch.columns else None
    return IssuedIds(batch, ProductIds(register.ids(batch)), rows)


def read_steps(path: Path) -> tuple[LifeStep, ...]:
    """Read life-cycle steps from a CSV file with the columns id, stage and time, and perhaps place, party and note.

    Raises
    ------
    InputError
        As ``read_table``; or a row holds no ID, stage or time with its zone.
    """
    table = read_table(path)
    columns = {name.casefold(): at for at, name in enumerate(table.columns)}
    for name in (ID_COLUMN, *STEP_COLUMNS[:2]):
        if name not in columns:
            known = ", ".join((ID_COLUMN, *STEP_COLUMNS))
            raise InputError(f"There is no column {name}", where=str(path), remedy=f"The columns are: {known}.")
    for name in columns:
        if name not in (ID_COLUMN, *STEP_COLUMNS):
            raise InputError(f"The column {name} is unknown", where=str(path), remedy="Remove or rename it.")
    steps = []
    for number, row in enumerate(table.rows, 2):
        values = {name: row[at] for name, at in columns.items()}
        try:
            steps.append(life_step(values.pop(ID_COLUMN), **values))
        except InputError as error:
            raise InputError(error.what, where=f"{path}, row {number}", remedy=error.remedy) from error
    return tuple(steps)


def life_step(product_id: str, stage: str, time: str, place: str = "", party: str = "", note: str = "") -> LifeStep:
    """Return one step from what a person wrote; raises InputError that says what is wrong with it."""
    found = typed_id(product_id)
    if found is None:
        remedy = f"An ID has {LETTERS} digits and capital letters, without I, L, O and U."
        raise InputError("This is no product ID", where=repr(product_id[:40]), remedy=remedy)
    try:
        known = Stage(stage.strip().casefold())
    except ValueError:
        stages = ", ".join(Stage)
        raise InputError(f"{stage[:40]!r} is no stage", remedy=f"The stages are: {stages}.") from None
    return entered(
        LifeStep,
        product_id=found,
        stage=known,
        time=utc_text(time),
        place=place.strip(),
        party=party.strip(),
        note=note,
    )


def record_steps(store: Store, actor: Actor, steps: Sequence[LifeStep], source: str = "") -> LifeBatch:
    """Record steps in the life of issued products, all of them or none; ``source`` says where they come from."""
    require_role(actor, RECORDING, "record steps")
    if not 1 <= len(steps) <= COUNT_LIMIT:
        raise InputError(f"One batch has 1 to {COUNT_LIMIT:,} steps, not {len(steps):,}", remedy="Split it.")
    store.refresh()
    ids = from_written([step.product_id for step in steps])
    for step, series_id in zip(steps, Register.of(store).series_of(ids), strict=True):
        if series_id is None:
            remedy = "Nothing was recorded. Check the ID."
            raise InputError("The register has no such ID", where=step.product_id, remedy=remedy)
    batch = entered(LifeBatch, id=new_id("life"), count=len(steps), source=source)
    rows = ((step.stage.value, utc_text(step.time), step.place, step.party, step.note) for step in steps)
    store.commit(actor.id, "steps recorded", batch, tables={"ids": ids, **to_tables(rows, len(STEP_COLUMNS))})
    return batch


def void(store: Store, actor: Actor, series_id: str, product_ids: Sequence[str], reason: str) -> Voiding:
    """Void IDs of a series, or where none is named the whole series; what was voided stays so."""
    require_role(actor, PRODUCING, "void IDs")
    store.refresh()
    series = store.code_series_one(series_id)
    ids = from_written(product_ids)
    for product_id, found in zip(product_ids, Register.of(store).series_of(ids), strict=True):
        if found != series_id:
            remedy = "Nothing was voided. Check the ID."
            raise InputError(f"The series {series.facts.name} has no such ID", where=product_id, remedy=remedy)
    unique = tuple(dict.fromkeys(product_ids))
    voiding = entered(Voiding, id=new_id("voiding"), series_id=series_id, product_ids=unique, reason=reason)
    store.commit(actor.id, "voided", voiding)
    return voiding


def query(store: Store, text: str, *, typed: bool = False) -> RegisterAnswer:
    """Return what the register says about a product ID or about what a code says.

    Parameters
    ----------
    text : str
        An ID, or the whole text of a code: the prefix of a series, then the ID.
    typed : bool
        Whether a person typed it: then small letters, hyphens and blanks, and I, L and O for 1 and 0 are forgiven. What
        a code says is taken as it stands.
    """
    register = Register.of(store)
    for product_id, prefix in _candidates(store, text, typed=typed):
        found = register.find(product_id)
        series = store.code_series_one(found[0].series_id) if found else None
        if found and series and prefix in (None, series.prefix):
            return _answer(store, product_id, series, *found)
    product_id = next((candidate for candidate, _ in _candidates(store, text, typed=typed)), None)
    checks = _checks(store, product_id or text) if text else ()
    return RegisterAnswer(state=RegisterState.NO_RECORD, product_id=product_id, checks=checks)


def _candidates(store: Store, text: str, *, typed: bool) -> list[tuple[str, str | None]]:
    """Return the IDs that a text may hold, each with the prefix before it, or None where it is a bare ID."""
    found: list[tuple[str, str | None]] = []
    text = text.strip() if typed else text
    read = typed_id if typed else _exact
    bare = read(text)
    if bare:
        found.append((bare, None))
    for prefix in dict.fromkeys(series.prefix for series in store.code_series() if series.prefix):
        product_id = read(text.removeprefix(prefix)) if text.startswith(prefix) else None
        if product_id:
            found.append((product_id, prefix))
    return found


def _exact(text: str) -> str | None:
    return text if PRODUCT_ID.fullmatch(text) else None


def _answer(store: Store, product_id: str, series: CodeSeries, batch: IdBatch, row: int) -> RegisterAnswer:
    register = Register.of(store)
    issued = store.event_of("ids issued", batch.id).time
    steps, checks = register.steps(product_id), _checks(store, product_id)
    voidings = tuple(_voidings(store, series.id, product_id))
    state = RegisterState.VOIDED if voidings else RegisterState.ISSUED
    if any(not each.voiding.product_ids for each in voidings):
        state = RegisterState.SERIES_VOIDED
    return RegisterAnswer(
        state=state,
        product_id=product_id,
        code_text=series.prefix + product_id,
        series=series,
        batch=batch,
        issued_at=issued,
        data=register.data(batch, row),
        steps=steps,
        checks=checks,
        voidings=voidings,
        anomalies=find_anomalies(issued, steps, checks),
    )


def _checks(store: Store, text: str) -> tuple[RecordedCheck, ...]:
    found = []
    for check in store.code_checks(text):
        event = store.event_of("code checked", check.id)
        name = store.actor(event.actor_id).name
        found.append(RecordedCheck(check=check, recorded=event.time, actor_name=name))
    return tuple(found)


def _voidings(store: Store, series_id: str, product_id: str) -> list[RecordedVoiding]:
    found = []
    for voiding in Register.of(store).voidings(series_id, product_id):
        event = store.event_of("voided", voiding.id)
        name = store.actor(event.actor_id).name
        found.append(RecordedVoiding(voiding=voiding, recorded=event.time, actor_name=name))
    return found
