"""Series are made by producers, sealed, unlocked by their passphrase, and listed with what became of them."""

import errno
import shutil

import pytest

from engine.core.case import Role
from engine.core.codes import Scheme
from engine.core.errors import Cancelled, InputError, SeriesLockedError, StoreError
from engine.jobs import JobContext
from engine.methods.two_level_qr import sealing
from engine.methods.two_level_qr.sealing import seal
from engine.store import Store, rebuild, verify
from engine.store.disk import Disk
from engine.workflows.cases import add_actor
from engine.workflows.codes.series import Keyring, change_passphrase, make_series, series_overview
from engine.workflows.stores import backup_store, export_to_zip, import_from_zip, open_store, verify_store
from tests.engine.methods.two_level_qr import samples
from tests.engine.store.faults import FailingDisk

PASSPHRASE = "horse battery staple"
OTHER = "another horse altogether"


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


@pytest.fixture
def quick(monkeypatch):
    """Passphrases that are stretched for less than a second."""
    monkeypatch.setattr(sealing, "COST", min(sealing.COSTS))


def opens(store, series, passphrase):
    try:
        Keyring().unlock(store, series.id, passphrase)
    except InputError:
        return False
    return True


def change(store, actor, series, former=PASSPHRASE, new=OTHER, context=None):
    return change_passphrase(store, actor, series.id, former, new, context=context or JobContext())


def sealed_files(store):
    return {path.stem: path.read_bytes() for path in (store.path / "secrets").iterdir()}


def test_a_changed_passphrase_opens_the_same_series_and_the_former_no_longer(store, producer, quick):
    made = make(store, producer)
    keyring, held = Keyring(), open_store(store.path)
    keyring.unlock(store, made.id, PASSPHRASE)
    before = keyring.series(made.id)
    changed = change(store, producer, made)
    for reader in (store, held, open_store(store.path)):
        assert (opens(reader, made, OTHER), opens(reader, made, PASSPHRASE)) == (True, False)
    keyring.unlock(store, made.id, OTHER)
    assert keyring.series(made.id).facts() == before.facts()
    assert list(sealed_files(store)) == [changed.sealed_sha256]
    event = store.events()[-1]
    assert (event.kind, event.actor_id, changed.replaced_sha256) == (
        "passphrase changed",
        producer.id,
        made.sealed_sha256,
    )
    assert not any(secret in event.model_dump_json() for secret in (PASSPHRASE, OTHER))
    again = change(store, producer, made, OTHER, PASSPHRASE)
    assert list(sealed_files(store)) == [again.sealed_sha256] != [made.sealed_sha256]
    copied = open_store(backup_store(store.path, store.path.parent, JobContext()))
    assert opens(store, made, PASSPHRASE)
    assert opens(copied, made, PASSPHRASE)
    assert not verify_store(store.path, JobContext()).notes


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"former": "a wrong passphrase"}, "does not open"),
        ({"new": "short"}, "at least 8"),
        ({"new": PASSPHRASE}, "is the former one"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(store, producer, quick, values, match):
    made = make(store, producer)
    before = sealed_files(store), store.head
    with pytest.raises(InputError, match=match):
        change(store, producer, made, **values)
    assert (sealed_files(store), store.head) == before
    examiner = add_actor(store, store.actors()[0], "Examiner", Role.EXAMINER)
    with pytest.raises(InputError, match="may not change passphrases"):
        change(store, examiner, made)
    assert opens(store, made, PASSPHRASE)


def test_of_two_who_change_a_passphrase_at_once_the_second_is_refused(store, producer, quick):
    made = make(store, producer)

    def meanwhile(done, total, text):
        if done == 2:
            change(open_store(store.path), producer, made, new="the first to finish")

    with pytest.raises(InputError, match="is used already"):
        change(store, producer, made, context=JobContext(meanwhile))
    assert opens(store, made, "the first to finish")


def test_what_was_sealed_anew_is_opened_before_the_former_goes(store, producer, quick, monkeypatch):
    """A file that another passphrase opens, or that came back damaged, takes no one's place."""
    made = make(store, producer)
    honest = sealing.seal
    monkeypatch.setattr(sealing, "seal", lambda series, passphrase: honest(series, passphrase + "x"))
    with pytest.raises(InputError, match="does not open"):
        change(store, producer, made)
    monkeypatch.setattr(sealing, "seal", lambda series, passphrase: honest(samples.series(Scheme.UNIQUE), passphrase))
    with pytest.raises(StoreError, match="not those of this series"):
        change(store, producer, made)
    assert opens(store, made, PASSPHRASE)
    assert store.events()[-1].kind == "series made"


@pytest.mark.parametrize("step", range(3))
def test_a_change_can_be_cancelled_and_the_former_passphrase_stays(store, producer, quick, step):
    made = make(store, producer)
    context = JobContext(lambda done, total, text: context.cancel() if done == step else None)
    if step == 2:  # too late: what is sealed is being recorded
        change(store, producer, made, context=context)
    else:
        with pytest.raises(Cancelled):
            change(store, producer, made, context=context)
        assert len(sealed_files(store)) == 1
    assert opens(store, made, PASSPHRASE if step < 2 else OTHER)


class RemovalFails(Disk):
    """The program is killed, or the medium fails, when the former file is to be removed."""

    def remove(self, path):
        if path.suffix == ".sealed":
            raise OSError(errno.EIO, "Input/output error")
        super().remove(path)


def test_a_change_cut_short_before_the_former_file_is_removed_is_told_and_finished(store, producer, quick):
    made = make(store, producer)
    failing = Store.open(store.path, disk=RemovalFails())
    with pytest.raises(StoreError, match="disk reports a fault"):
        change(failing, producer, made)
    again = open_store(store.path)
    assert (opens(again, made, OTHER), opens(again, made, PASSPHRASE)) == (True, False)
    (problem,) = verify(store.path, JobContext()).problems
    assert problem == (f"secrets/{made.sealed_sha256}.sealed", problem.what, "Rebuild the store")
    new = again.path / "secrets" / f"{again.sealed_sha256(made.id)}.sealed"
    new.rename(store.path.parent / "away")
    assert not any("passphrase" in line for line in rebuild(store.path)), "the last that is there stays"
    shutil.move(store.path.parent / "away", new)
    assert any("passphrase" in line for line in rebuild(store.path))
    assert list(sealed_files(store)) == [new.stem]
    assert verify(store.path, JobContext()).ok


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_fails_at_any_step_of_a_change_leaves_one_passphrase_that_opens(
    store, producer, quick, tmp_path, code
):
    made = make(store, producer)
    calls = ("open", "write", "name") if code == errno.ENOSPC else ("sync",)
    told = []
    for at in range(100):
        path = tmp_path / "now.touchstone"
        shutil.copytree(store.path, path)
        try:
            change(Store.open(path, disk=FailingDisk(at, code, calls=calls)), producer, made)
            told.append("")
        except StoreError as error:
            told.append(error.what)
        rebuild(path)
        again = open_store(path)
        opened = [opens(again, made, each) for each in (PASSPHRASE, OTHER)]
        assert sum(opened) == 1
        assert opened[1] or told[-1], "what was acknowledged holds"
        assert verify(path, JobContext()).ok
        shutil.rmtree(path)
        if not told[-1]:
            break
    assert len(told) > 4
    assert not told[-1]
