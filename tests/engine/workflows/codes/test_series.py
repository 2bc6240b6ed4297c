"""Series are made by producers, sealed, unlocked by their passphrase, and listed with what became of them."""

import pytest

from engine.core.case import Role
from engine.core.codes import Scheme
from engine.core.errors import Cancelled, InputError, SeriesLockedError, StoreError
from engine.jobs import JobContext
from engine.methods.two_level_qr.sealing import seal
from engine.workflows.cases import add_actor
from engine.workflows.codes.series import Keyring, make_series, series_overview
from engine.workflows.stores import backup_store, export_to_zip, import_from_zip, open_store, verify_store
from tests.engine.methods.two_level_qr import samples

PASSPHRASE = "horse battery staple"


@pytest.fixture
def producer(store):
    return add_actor(store, store.actors()[0], "Producer", Role.PRODUCER)


def make(store, actor, name="Spring", **values):
    values = {"scheme": Scheme.UNIQUE, "passphrase": PASSPHRASE, "context": JobContext(), **values}
    return make_series(store, actor, name, **values)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_series_is_made_sealed_and_unlocked(store, producer, scheme):
    made = make(store, producer, scheme=scheme, key=samples.KEY, prefix="T:", version=3, error_level="Q")
    assert store.code_series() == (made,)
    keyring = Keyring()
    assert not keyring.is_unlocked(made.id)
    keyring.unlock(store, made.id, PASSPHRASE)
    series = keyring.series(made.id)
    assert (series.key, series.facts(), series.version) == (samples.KEY, made.facts, 3)
    assert samples.KEY.hex() not in repr(keyring)


def test_a_key_is_drawn_where_none_is_given(store, producer):
    first, second = (make(store, producer, name) for name in ("One", "Two"))
    keyring = Keyring()
    for made in (first, second):
        keyring.unlock(store, made.id, PASSPHRASE)
    assert keyring.series(first.id).key != keyring.series(second.id).key


def test_a_locked_series_says_so_and_which_it_is(store, producer):
    made, keyring = make(store, producer), Keyring()
    with pytest.raises(InputError, match="does not open"):
        keyring.unlock(store, made.id, "another passphrase")
    keyring.unlock(store, made.id, PASSPHRASE)
    keyring.lock()
    with pytest.raises(SeriesLockedError, match="locked") as caught:
        keyring.series(made.id)
    assert caught.value.series_id == made.id
    with pytest.raises(InputError, match="There is no series"):
        keyring.unlock(store, "series-0000000000000000", PASSPHRASE)


@pytest.mark.parametrize("role", [Role.EXAMINER, Role.VERIFIER, Role.VALIDATOR])
def test_others_make_no_series(store, role):
    other = add_actor(store, store.actors()[0], "Other", role)
    with pytest.raises(InputError, match="may not make series"):
        make(store, other)
    assert not store.code_series()


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"name": "spring "}, "that name exists"),
        ({"name": "<b>"}, "name of a series"),
        ({"passphrase": "short"}, "at least 8"),
        ({"key": b"short"}, "key of a series"),
        ({"prefix": "x" * 100, "version": 2}, "does not fit|too long"),
        ({"prefix": "\u00fc"}, "prefix"),
        ({"pattern_count": 99}, "count"),
        ({"print_dpi": 10}, "print dpi"),
        ({"version": 41}, "out of range"),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(store, producer, values, match):
    make(store, producer)
    before = sorted(store.path.rglob("*")), store.head
    with pytest.raises(InputError, match=match):
        make(store, producer, **{"name": "Other", **values})
    assert (sorted(store.path.rglob("*")), store.head) == before


def test_making_can_be_cancelled_and_leaves_nothing_behind(store, producer):
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        make(store, producer, context=context)
    assert not list((store.path / "secrets").iterdir())


def test_an_export_leaves_the_secrets_out_and_a_backup_keeps_them(store, producer, tmp_path):
    made = make(store, producer)
    export_to_zip(store.path, tmp_path / "out.zip", JobContext())
    import_from_zip(tmp_path / "out.zip", tmp_path / "in.touchstone", JobContext())
    imported = open_store(tmp_path / "in.touchstone")
    assert imported.code_series() == (made,)
    with pytest.raises(StoreError, match="not in this store"):
        Keyring().unlock(imported, made.id, PASSPHRASE)
    found = verify_store(imported.path, JobContext())
    assert found.ok
    assert "left out by an export or lost" in found.notes[0]
    copied = open_store(backup_store(store.path, tmp_path, JobContext()))
    Keyring().unlock(copied, made.id, PASSPHRASE)
    assert not verify_store(copied.path, JobContext()).notes


def test_secrets_of_another_series_are_not_taken_for_these(store, producer):
    """Whoever can write a store can point a series to secrets of their own: then its facts do not fit."""
    other = store.add_secret(seal(samples.series(Scheme.UNIQUE), PASSPHRASE))
    made = make(store, producer)
    forged = made.model_copy(update={"id": "series-0000000000000001", "sealed_sha256": other})
    forged = forged.model_copy(update={"facts": made.facts.model_copy(update={"name": "Forged"})})
    store.commit(producer.id, "series made", forged)
    with pytest.raises(StoreError, match="not those of this series"):
        Keyring().unlock(store, forged.id, PASSPHRASE)


def test_two_processes_cannot_give_one_name_twice(store, producer, monkeypatch):
    other = open_store(store.path)
    monkeypatch.setattr("engine.workflows.codes.series._refuse_used", lambda *_: None)
    make(store, producer)
    with pytest.raises(InputError, match="name is used already"):
        make(other, producer, "SPRING")


def test_an_overview_counts(store, producer):
    make(store, producer)
    (overview,) = series_overview(store)
    assert (overview.issued, overview.voided, overview.series_voided, overview.points) == (0, 0, False, ())
