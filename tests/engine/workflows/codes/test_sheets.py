"""Codes are printed for IDs that count, from an unlocked series, and nothing is left behind where that fails."""

import io
import stat
import sys

import numpy as np
import pypdf
import pytest
from PIL import Image

from engine.core.case import Role
from engine.core.codes import Scheme
from engine.core.errors import Cancelled, InputError, SeriesLockedError, StoreError
from engine.core.records import sha256_hex
from engine.jobs import JobContext
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.rectification import read_codes
from engine.store import verify
from engine.workflows.cases import add_actor
from engine.workflows.codes import sheets
from engine.workflows.codes.series import Keyring, make_series
from engine.workflows.codes.sheets import issue_and_print, make_code, make_sheets, preview_sheet
from engine.workflows.codes.tracing import issue_ids, void
from engine.workflows.stores import open_store
from engine.workflows.tables import Table

PASSPHRASE = "horse battery staple"
PREFIX = "T:"


@pytest.fixture
def head(store):
    return store.actors()[0]


@pytest.fixture
def series(store, head):
    return make_series(
        store, head, "Spring", scheme=Scheme.UNIQUE, passphrase=PASSPHRASE, prefix=PREFIX, context=JobContext()
    )


@pytest.fixture
def keyring(store, series):
    keyring = Keyring()
    keyring.unlock(store, series.id, PASSPHRASE)
    return keyring


@pytest.fixture
def ids(store, head, series, keyring):
    return list(issue_ids(store, head, series.id, keyring, count=3, context=JobContext()).product_ids)


@pytest.fixture
def code(store, head, series, keyring, tmp_path):
    """Print one code and return its file's bytes."""

    def printed(product_id, **options):
        out = tmp_path / "code.png"
        make_code(store, head, keyring, series.id, product_id, out=out, **options, context=JobContext())
        return out.read_bytes()

    return printed


def black(data):
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "1"
        return ~np.asarray(image)


def test_a_pdf_holds_the_codes_of_the_ids_and_only_its_owner_may_read_it(store, head, series, keyring, ids, tmp_path):
    report = make_sheets(store, head, keyring, series.id, ids, out=tmp_path / "lot 1.2", context=JobContext())
    assert report.files == (tmp_path / "lot 1.2.pdf",)
    assert (report.codes, report.pages, report.per_page) == (3, 1, 56)
    if sys.platform != "win32":
        assert stat.S_IMODE(report.files[0].stat().st_mode) == 0o600
    (page,) = pypdf.PdfReader(report.files[0]).pages
    images = page["/Resources"]["/XObject"]
    for index, product_id in enumerate(ids):
        ink = generate(keyring.series(series.id), PREFIX + product_id).ink
        bits = np.unpackbits(np.frombuffer(images[f"/Code{index}"].get_data(), np.uint8).reshape(len(ink), -1), axis=1)
        assert np.array_equal(bits[:, : len(ink)] == 0, ink)
        assert product_id in page.extract_text()


def test_one_code_is_written_dot_for_dot_and_read_again(series, keyring, ids, code):
    ink = generate(keyring.series(series.id), PREFIX + ids[1]).ink
    seen = black(code(ids[1]))
    assert np.array_equal(seen, ink)
    assert read_codes(np.where(seen, 0, 255).astype(np.uint8))[0].text == PREFIX + ids[1]
    assert np.array_equal(black(code(ids[1], dpi=1200)), np.kron(ink, np.ones((2, 2))))


def test_what_another_process_voided_is_not_printed(store, head, series, keyring, ids, code, tmp_path):
    with open_store(store.path) as other:
        void(other, other.actors()[0], series.id, ids[:1], "lost")
    with pytest.raises(InputError, match="voided"):
        make_sheets(store, head, keyring, series.id, ids, out=tmp_path / "a.pdf", context=JobContext())
    with pytest.raises(InputError, match="voided"):
        code(ids[0])


def test_more_pages_than_one_get_numbered_files(store, head, series, keyring, ids, tmp_path):
    many = ids * 20  # one ID may be printed again
    report = make_sheets(
        store, head, keyring, series.id, many, out=tmp_path / "a.png", kind="png", paper="Letter", context=JobContext()
    )
    assert [file.name for file in report.files] == ["a-001.png", "a-002.png"]
    last = read_codes(np.where(black(report.files[1].read_bytes()), 0, 255).astype(np.uint8))
    assert len(last) == 60 - report.per_page
    assert last[0].text == PREFIX + many[report.per_page]


def test_a_long_pdf_is_split_and_its_sheets_count_on(store, head, series, keyring, ids, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "PAGES_A_FILE", 1)
    report = make_sheets(store, head, keyring, series.id, ids * 20, out=tmp_path / "a.pdf", context=JobContext())
    texts = [pypdf.PdfReader(file).pages[0].extract_text() for file in report.files]
    assert ["Sheet 1 of 2" in texts[0], "Sheet 2 of 2" in texts[1]] == [True, True]


def test_cancelling_leaves_no_sheet_behind(store, head, series, keyring, ids, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "PAGES_A_FILE", 1)
    context = JobContext()
    written = sheets._write_secret

    def once(path, data):
        written(path, data)
        context.cancel()

    monkeypatch.setattr(sheets, "_write_secret", once)
    with pytest.raises(Cancelled):
        make_sheets(store, head, keyring, series.id, ids * 20, out=tmp_path / "a.pdf", context=context)
    assert not list(tmp_path.glob("*.pdf"))
    assert store.printings() == ()


def test_only_ids_that_count_are_printed(store, head, series, keyring, ids, code, tmp_path):
    out = tmp_path / "a.pdf"
    for wrong, what in (([], "no IDs"), (["0" * 16], "not issued"), (["x"], "no product ID")):
        with pytest.raises(InputError, match=what):
            make_sheets(store, head, keyring, series.id, wrong, out=out, context=JobContext())
    with pytest.raises(SeriesLockedError):
        make_sheets(store, head, Keyring(), series.id, ids, out=out, context=JobContext())
    void(store, head, series.id, ids[:1], "lost")
    with pytest.raises(InputError, match="voided"):
        code(ids[0])
    code(ids[1])
    void(store, head, series.id, (), "stolen")
    with pytest.raises(InputError, match="voided"):
        code(ids[1])
    assert not out.exists()


def test_a_resolution_or_paper_that_would_need_resampling_is_refused(store, head, series, keyring, ids, code, tmp_path):
    for dpi in (300, 900, 3000, 0):
        with pytest.raises(InputError, match="pixel for pixel"):
            code(ids[0], dpi=dpi)
    with pytest.raises(InputError, match="paper"):
        make_sheets(store, head, keyring, series.id, ids, out=tmp_path / "a.pdf", paper="A5", context=JobContext())


def test_variable_data_stands_below_the_codes(store, head, series, keyring, tmp_path):
    rows = Table(("lot", "article"), (("L1", "=1+1"), ("L2", "Schuh")))
    issued, report = issue_and_print(
        store, head, keyring, series.id, rows=rows, caption="article", out=tmp_path / "a.pdf", context=JobContext()
    )
    text = pypdf.PdfReader(report.files[0]).pages[0].extract_text()
    lines = text.splitlines()
    assert [lines[lines.index(own) + 1] for own in issued.product_ids] == ["=1+1", "Schuh"]


def test_nothing_is_issued_where_the_sheets_cannot_be_made(store, head, series, keyring, tmp_path):
    out = tmp_path / "a.pdf"
    rows = Table(("lot",), (("x" * 201,),))
    wrong = (
        ({"count": 1, "paper": "A5"}, "paper"),
        ({"count": 1, "dpi": 700}, "pixel for pixel"),
        ({"count": 1, "caption": "lot"}, "no such column"),
        ({"rows": rows, "caption": "lot"}, "40 letters"),
        ({"count": 1, "out": tmp_path / "none" / "a.pdf"}, "no such folder"),
    )
    for options, what in wrong:
        with pytest.raises(InputError, match=what):
            issue_and_print(store, head, keyring, series.id, **{"out": out, **options}, context=JobContext())
    assert store.id_batches(series.id) == ()


def test_a_file_that_cannot_be_written_names_the_batch_to_print_again(store, head, series, keyring, tmp_path):
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(InputError) as caught:
        issue_and_print(store, head, keyring, series.id, count=1, out=tmp_path / "a.pdf", context=JobContext())
    assert store.id_batches(series.id)[0].id in caught.value.remedy
    assert not list(tmp_path.glob(".sheet-*"))


def test_a_preview_needs_no_issued_id_and_shows_no_pattern(store, series, keyring):
    preview = preview_sheet(store, keyring, series.id, 60, captions=["one"] * 60)
    assert (preview.pages, preview.per_page) == (2, 56)
    with Image.open(io.BytesIO(preview.png)) as image:
        assert max(image.size) < 1300  # about two pixels a module
    assert store.id_batches(series.id) == ()
    with pytest.raises(InputError, match="at least one"):
        preview_sheet(store, keyring, series.id, 0)


def test_an_examiner_issues_nothing(store, examiner, series, keyring, tmp_path):
    producer = add_actor(store, store.actors()[0], "Press", Role.PRODUCER)
    with pytest.raises(InputError, match="issue IDs"):
        issue_and_print(store, examiner, keyring, series.id, count=1, out=tmp_path / "a.pdf", context=JobContext())
    issue_and_print(store, producer, keyring, series.id, count=1, out=tmp_path / "a.pdf", context=JobContext())


def test_every_printing_is_recorded_with_who_what_and_the_files_as_written(
    store, head, series, keyring, ids, code, tmp_path
):
    producer = add_actor(store, head, "Press", Role.PRODUCER)
    (batch,) = store.id_batches(series.id)
    other, first = issue_and_print(
        store, head, keyring, series.id, count=1, out=tmp_path / "a.pdf", context=JobContext()
    )
    report = make_sheets(
        store, producer, keyring, series.id, [*ids * 20, *other.product_ids], out=tmp_path / "b.png", kind="png",
        context=JobContext(),
    )  # fmt: skip
    one = code(ids[2])
    issued, again, single = store.printings(series.id)
    assert (issued.count, issued.batch_ids, issued.kind) == (1, (other.batch.id,), "pdf")
    assert issued.files_sha256 == (sha256_hex(first.files[0].read_bytes()),)
    assert (again.count, again.batch_ids, again.kind) == (61, (batch.id, other.batch.id), "png")
    assert again.product_ids == (*ids, *other.product_ids)
    assert again.files_sha256 == tuple(sha256_hex(file.read_bytes()) for file in report.files)
    assert (single.count, single.product_ids, single.files_sha256) == (1, (ids[2],), (sha256_hex(one),))
    assert store.event_of("codes printed", again.id).actor_id == producer.id
    assert store.printings(batch.id) == (again, single)
    assert verify(store.path, JobContext()).ok


def test_the_record_of_many_codes_names_their_batch_alone(store, head, series, keyring, ids, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "NAMED", 2)
    make_sheets(store, head, keyring, series.id, ids, out=tmp_path / "a.pdf", context=JobContext())
    make_sheets(store, head, keyring, series.id, ids[:2] * 2, out=tmp_path / "a.pdf", context=JobContext())
    many, few = store.printings()
    assert (many.count, many.product_ids, many.batch_ids) == (3, (), (store.id_batches()[0].id,))
    assert (few.count, few.product_ids) == (4, tuple(ids[:2]))


def test_no_file_stays_where_the_printing_cannot_be_recorded(store, head, series, keyring, ids, tmp_path):
    with open_store(store.path, read_only=True) as reading:
        with pytest.raises(StoreError, match="cannot be written"):
            make_sheets(reading, head, keyring, series.id, ids, out=tmp_path / "a.pdf", context=JobContext())
        with pytest.raises(StoreError, match="cannot be written"):
            make_code(reading, head, keyring, series.id, ids[0], out=tmp_path / "a.png", context=JobContext())
    assert not list(tmp_path.glob("a.*"))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRODUCER, Role.ADMINISTRATOR}))
def test_only_producers_and_administrators_print_codes_again(store, head, series, keyring, ids, tmp_path, role):
    actor = add_actor(store, head, "Other", role)
    with pytest.raises(InputError, match="may not print codes"):
        make_sheets(store, actor, keyring, series.id, ids, out=tmp_path / "a.pdf", context=JobContext())
    with pytest.raises(InputError, match="may not print codes"):
        make_code(store, actor, keyring, series.id, ids[0], out=tmp_path / "a.png", context=JobContext())
    assert not list(tmp_path.glob("a.*"))
    assert store.printings() == ()
