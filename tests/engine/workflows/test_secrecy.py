"""No pattern and no key of a series in any file but the sealed one, after all that is done with a series.

Print sheets are left out: they are the secret, on paper.
"""

import base64
import contextlib
import io
import logging
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.cli.main import main
from engine.core.case import Device, Standing
from engine.core.codes import Scheme
from engine.core.errors import TouchstoneError
from engine.core.finding import Raster
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.sealing import to_bytes
from engine.store import rebuild
from engine.store.segments import Arrays, build
from engine.workflows.captures import intake
from engine.workflows.cases import add_item, custody, open_case
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.checks import examine_codes
from engine.workflows.codes.series import Keyring, series_overview
from engine.workflows.codes.tracing import life_step, query, record_steps, void
from engine.workflows.files import write_finding
from engine.workflows.opinions import save_opinion_draft
from engine.workflows.reports import make_report
from engine.workflows.stores import backup_store, export_to_zip, import_from_zip, open_store
from engine.workflows.verification import verify_report
from gui.shell.errors import LOG, describe, log_to
from tests.engine.workflows.codes.code_captures import CONTEXT, PASSPHRASE, Codes, make_codes

FOLDERS = ("lab.touchstone", "out", "temporary")


def forms(pattern: np.ndarray) -> Iterator[bytes]:
    """Yield a binary array as any program may write it: packed either way, or a number for each pixel."""
    for turned in (pattern, pattern.T, ~pattern, ~pattern.T):
        for order in ("big", "little"):
            packed = np.packbits(turned, bitorder=order).tobytes()
            yield packed
            yield packed.hex().encode()
            yield base64.b64encode(packed)
        yield turned.astype(np.uint8).tobytes()
        yield (turned.astype(np.uint8) * 255).tobytes()
        yield turned.astype("<f4").tobytes()
        yield "".join("01"[int(value)] for value in turned.ravel()).encode()


def needles(codes: Codes) -> set[bytes]:
    """Return every form of the secrets that is searched for."""
    series = codes.keyring.series(codes.series.id)
    found = {series.key, series.key.hex().encode(), series.key.hex().upper().encode(), PASSPHRASE.encode()}
    found |= {repr(series.key)[2:-1].encode()}
    for shift in range(3):  # in the middle of a longer text base 64 stands at one of three places
        found.add(base64.b64encode(bytes(shift) + series.key)[4 * bool(shift) : -4])
    for product_id in codes.ids[:2]:
        patterns, _ = series.textures(product_id, 6)
        for pattern in patterns:
            found |= set(forms(pattern))
        found |= set(forms(patterns.reshape(-1, patterns.shape[2])))
    return {needle for needle in found if len(needle) >= 12}


def unfolded(data: bytes) -> Iterator[bytes]:
    """Yield bytes, and what is compressed in them: members of zips, streams of PDFs, pixels of pictures."""
    yield data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from unfolded(archive.read(name))
    if data.startswith(b"\x89PNG"):
        yield np.asarray(Image.open(io.BytesIO(data))).tobytes()
    if data.startswith(b"%PDF"):
        at = data.find(b"stream")
        while at >= 0:
            start = at + len(b"stream")
            while data[start : start + 1] in (b"\r", b"\n"):
                start += 1
            with contextlib.suppress(zlib.error):  # what is not compressed was searched as it stands
                yield from unfolded(zlib.decompressobj().decompress(data[start:]))
            at = data.find(b"stream", start)


def searched(folders: list[Path], secrets: set[bytes]) -> tuple[int, list[str]]:
    """Return how many files were searched, and those that hold a secret."""
    count, guilty = 0, []
    for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()):
        count += 1
        for piece in unfolded(path.read_bytes()):
            if any(needle in piece for needle in secrets):
                guilty.append(path.name)
                break
    return count, guilty


@pytest.fixture
def checker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeChecker]:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with CodeChecker() as checker:
        yield checker


def live(codes: Codes, out: Path) -> None:
    """Do everything that a laboratory does with a series, printing aside."""
    store = codes.store
    good, copy = codes.picture(codes.ids[0]), codes.picture(codes.ids[1], sigma=1.6)
    codes.check(good, place="Shop")
    codes.qualified()
    codes.check(copy)
    case = open_case(store, codes.examiner, "Case")
    item = add_item(store, codes.examiner, case.id, "Q", Standing.QUESTIONED)
    paths = [good, copy]
    taken = intake(store, codes.examiner, case.id, item.id, paths, device=Device.SCANNER, context=CONTEXT)
    assert len(taken.captures) == 2
    for capture in taken.captures:
        for finding in examine_codes(
            store, codes.examiner, case.id, capture.id, codes.keyring, checker=codes.checker, context=CONTEXT
        ):
            write_finding(store.finding(finding.id, with_rasters=True), out)
    record_steps(store, codes.producer, [life_step(codes.ids[0], "retail", "2026-03-01T10:00Z")])
    void(store, codes.producer, codes.series.id, [codes.ids[3]], "stolen")
    save_opinion_draft(store, case.id, "So far")
    (out / "answer.json").write_text(str([query(store, each).to_json() for each in codes.ids]))
    (out / "series.json").write_text(str([each.to_json() for each in series_overview(store)]))
    (out / "custody.txt").write_text("\n".join(entry.text for entry in custody(store, case.id)))
    make_report(store, codes.examiner, case.id, out / "report.pdf", context=CONTEXT)
    assert verify_report(out / "report.pdf", store.path, CONTEXT, keyring=codes.keyring).ok
    export_to_zip(store.path, out / "export.zip", CONTEXT)
    import_from_zip(out / "export.zip", out / "imported.touchstone", CONTEXT)
    rebuild(backup_store(store.path, out, CONTEXT))


def fail(codes: Codes, out: Path) -> None:
    """Let go wrong what can go wrong while secrets are at hand, and keep what a person is shown of it."""
    series = codes.keyring.series(codes.series.id)
    code = generate(series, codes.ids[0])
    shown = [repr(each) for each in (series, code, codes.keyring, series.facts(), codes.series)]
    imported = open_store(out / "imported.touchstone")
    handler = log_to(out / "logs")
    try:
        for work in (
            lambda: Keyring().unlock(codes.store, codes.series.id, PASSPHRASE + "!"),
            lambda: codes.keyring.unlock(imported, codes.series.id, PASSPHRASE),
            lambda: generate(series, "x" * 500),
            lambda: type(series)(series.name, series.scheme, series.key + b"!", series.patterns, series.black_px),
            lambda: type(series)("<" + series.name, series.scheme, series.key, ~series.patterns, 10**6),
        ):
            with pytest.raises(TouchstoneError) as caught:
                work()
            fault = describe("Codes", caught.value)
            LOG.error("%s", fault.line, exc_info=caught.value)
            shown += [fault.line, fault.remedy, fault.details]
    finally:
        LOG.removeHandler(handler)
        handler.close()
        logging.getLogger("touchstone").setLevel(logging.NOTSET)
    (out / "shown.txt").write_text("\n".join(shown))


@pytest.mark.parametrize("scheme", [Scheme.RANDOM, pytest.param(Scheme.UNIQUE, marks=pytest.mark.long)])
def test_no_secret_stands_in_any_file_but_the_sealed_one(
    tmp_path: Path, checker: CodeChecker, scheme: Scheme, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = make_codes(tmp_path, checker, scheme=scheme)
    out = tmp_path / "out"
    live(codes, out)
    fail(codes, out)
    assert main(["qr", "series", "show", str(codes.store.path), "--series", "Tests", "--json"]) == 0
    assert main(["qr", "trace", str(codes.store.path), codes.ids[0]]) == 0
    (out / "printed.txt").write_text("".join(capsys.readouterr()))
    secrets = needles(codes)
    count, guilty = searched([tmp_path / name for name in FOLDERS], secrets)
    assert not guilty
    assert count > 40
    sealed = [path.parent.parent.name for path in tmp_path.rglob("*.sealed")]
    assert len(sealed) == 2, "one in the store, one in its backup, none in what was exported"
    assert "imported.touchstone" not in sealed


@pytest.mark.parametrize("scheme", [Scheme.RANDOM, Scheme.UNIQUE])
def test_the_search_finds_secrets_where_there_are_some(tmp_path: Path, checker: CodeChecker, scheme: Scheme) -> None:
    codes = make_codes(tmp_path, checker, scheme=scheme)
    series, leaks = codes.keyring.series(codes.series.id), tmp_path / "leaks"
    leaks.mkdir()
    pattern = series.textures(codes.ids[1], 3)[0][2]
    (leaks / "opened.json").write_bytes(to_bytes(series))
    (leaks / "passphrase.log").write_text(f"unlock {PASSPHRASE}")
    (leaks / "key.log").write_text(f"a fault: {series.key!r}")
    (leaks / "key.txt").write_bytes(base64.b64encode(b"ab" + series.key + b"more"))
    np.save(leaks / "pattern.npy", pattern)
    np.save(leaks / "inverted.npy", (~pattern).astype(np.float32))
    (leaks / "segment.h5").write_bytes(build(Arrays({"map": Raster(pattern.astype(np.float32))})))
    Image.fromarray((pattern * 255).astype(np.uint8)).save(leaks / "pattern.png")
    with zipfile.ZipFile(leaks / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pattern", np.packbits(pattern.T).tobytes())
    (leaks / "report.pdf").write_bytes(
        b"%PDF-1.7\nstream\n" + zlib.compress(series.key.hex().encode()) + b"\nendstream"
    )
    names = sorted(path.name for path in leaks.iterdir())
    assert searched([leaks], needles(codes)) == (len(names), names)
