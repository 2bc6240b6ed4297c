"""Series of codes: make one, hold opened ones while a person works with them, list them, change a passphrase."""

import secrets
import threading
from typing import TYPE_CHECKING

from engine.core.case import Actor, Role
from engine.core.codes import CodeSeries, ErrorLevel, PassphraseChange, Prefix, Scheme
from engine.core.errors import InputError, SeriesLockedError, StoreError
from engine.core.operating import OperatingPoint
from engine.core.records import Record, entered, new_id, sha256_hex
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.cases import require_role

if TYPE_CHECKING:
    from engine.methods.two_level_qr.series import Series

PRODUCING = frozenset({Role.PRODUCER, Role.ADMINISTRATOR})


class Keyring:
    """The series whose passphrases were given, in memory only and gone with it. Safe to use from several threads."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Keyring({len(self._series)} unlocked)"

    def unlock(self, store: Store, series_id: str, passphrase: str) -> None:
        """Open the sealed secrets of a series and keep them until ``lock``.

        Raises
        ------
        InputError
            There is no such series, or the passphrase is another.
        StoreError
            The sealed secrets are missing, damaged, or those of another series.
        """
        store.refresh()  # another person may have changed the passphrase
        series = _opened(store, series_id, store.sealed_sha256(series_id), passphrase)
        with self._lock:
            self._series[series_id] = series

    def is_unlocked(self, series_id: str) -> bool:
        """Whether the series can be used."""
        with self._lock:
            return series_id in self._series

    def series(self, series_id: str) -> "Series":
        """Return the opened series; raises SeriesLockedError."""
        with self._lock:
            found = self._series.get(series_id)
        if found is None:
            remedy = "Unlock it with its passphrase."
            raise SeriesLockedError("The series is locked", where=series_id, remedy=remedy, series_id=series_id)
        return found

    def lock(self) -> None:
        """Forget every opened series."""
        with self._lock:
            self._series.clear()


class SeriesOverview(Record):
    """A series and how far it is used: IDs issued, IDs voided (all where the series is), operating points."""

    series: CodeSeries
    issued: int
    voided: int
    series_voided: bool
    points: tuple[OperatingPoint, ...]


def make_series(
    store: Store,
    actor: Actor,
    name: str,
    *,
    scheme: Scheme,
    passphrase: str,
    pattern_count: int = 3,
    print_dpi: int = 600,
    version: int = 4,
    error_level: ErrorLevel = "M",
    prefix: Prefix = "",
    key: bytes | None = None,
    context: JobContext,
) -> CodeSeries:
    """Search the patterns of a new series, seal its secrets with the passphrase and record the series.

    Parameters
    ----------
    prefix : str
        What the codes say before the product ID, such as an address; printable ASCII.
    key : bytes, optional
        32 secret bytes; drawn by the system where None. The demonstration gives its own.

    Raises
    ------
    InputError
        The role may not do this, the name is used already, a value is out of range, or prefix and ID do not fit into
        a code of that version and error correction level.
    """
    from engine.methods.two_level_qr import sealing
    from engine.methods.two_level_qr.patterns import PatternSearch
    from engine.methods.two_level_qr.series import KEY_BYTES
    from engine.methods.two_level_qr.series import make_series as search_series

    require_role(actor, PRODUCING, "make series")
    sealing.check_passphrase(passphrase)
    _refuse_used(store, name.strip())
    context.progress(0, 3, "Searching patterns")
    made = search_series(
        name.strip(),
        key=secrets.token_bytes(KEY_BYTES) if key is None else key,
        scheme=scheme,
        search=entered(PatternSearch, count=pattern_count, print_dpi=print_dpi),
        version=version,
        error_level=error_level,
    )
    return _sealed_and_recorded(store, actor, made, prefix, passphrase, context)


def change_passphrase(
    store: Store, actor: Actor, series_id: str, former: str, new: str, *, context: JobContext
) -> PassphraseChange:
    """Seal the secrets of a series with another passphrase and record who did; the former opens them no longer.

    The secrets as sealed before stay until the new ones lie in the store, were opened from there and are recorded:
    whatever interrupts this, one passphrase opens the series. Backups made before still open with the former.

    Raises
    ------
    InputError
        The role may not do this, the former passphrase is another, the new one is too short or the same, or somebody
        else changed it meanwhile.
    StoreError
        The sealed secrets are missing or damaged, or the store cannot be written.
    """
    from engine.methods.two_level_qr import sealing

    require_role(actor, PRODUCING, "change passphrases")
    sealing.check_passphrase(new)
    if new == former:
        raise InputError("The new passphrase is the former one", remedy="Choose another.")
    store.refresh()
    context.progress(0, 3, "Opening the secrets")
    replaced = store.sealed_sha256(series_id)
    series = _opened(store, series_id, replaced, former)
    context.progress(1, 3, "Sealing them with the new passphrase")
    sealed = sealing.seal(series, new)
    context.check_cancelled()
    sha256 = store.add_secret(sealed)
    context.progress(2, 3, "Opening them again")
    _opened(store, series_id, sha256, new)
    values = {"id": new_id("change"), "series_id": series_id, "sealed_sha256": sha256, "replaced_sha256": replaced}
    change = entered(PassphraseChange, **values)
    store.commit(actor.id, "passphrase changed", change)
    return change


def _opened(store: Store, series_id: str, sealed_sha256: str, passphrase: str) -> "Series":
    """Return the series that the passphrase opens; raises StoreError where it is another than the recorded one."""
    from engine.methods.two_level_qr.sealing import unseal

    recorded = store.code_series_one(series_id)
    series = unseal(store.secret(sealed_sha256), passphrase)
    if series.facts() != recorded.facts:
        what = "The sealed secrets are not those of this series"
        raise StoreError(what, where=recorded.name, remedy="Do not trust the store; restore it from a backup")
    return series


def _sealed_and_recorded(
    store: Store, actor: Actor, made: "Series", prefix: str, passphrase: str, context: JobContext
) -> CodeSeries:
    from engine.methods.two_level_qr import sealing
    from engine.methods.two_level_qr.generation import layout
    from engine.traceability.ids import LETTERS

    context.check_cancelled()
    context.progress(1, 3, "Trying the longest code")
    layout(prefix + "Z" * LETTERS, made)
    context.progress(2, 3, "Sealing the secrets")
    sealed = sealing.seal(made, passphrase)
    context.check_cancelled()
    # The record is made before the file: a prefix that cannot be recorded leaves nothing behind.
    values = {"id": new_id("series"), "facts": made.facts(), "prefix": prefix}
    series = entered(CodeSeries, **values, sealed_sha256=sha256_hex(sealed))
    store.add_secret(sealed)
    store.commit(actor.id, "series made", series)
    return series


def _refuse_used(store: Store, name: str) -> None:
    """Raise InputError where a series has that name, before its patterns are searched."""
    store.refresh()
    if any(series.name.casefold() == name.casefold() for series in store.code_series()):
        raise InputError("A series of that name exists already", where=name, remedy="Choose another name.")


def series_overview(store: Store) -> tuple[SeriesOverview, ...]:
    """Return every series with what was issued and voided of it and its operating points."""
    return tuple(_overview(store, series) for series in store.code_series())


def _overview(store: Store, series: CodeSeries) -> SeriesOverview:
    issued = sum(batch.count for batch in store.id_batches(series.id))
    voidings = store.voidings(series.id)
    whole = any(not voiding.product_ids for voiding in voidings)
    voided = {product_id for voiding in voidings for product_id in voiding.product_ids}
    return SeriesOverview(
        series=series,
        issued=issued,
        voided=issued if whole else len(voided),
        series_voided=whole,
        points=store.operating_points(series.id),
    )
