"""What every test may use."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real images made by others; the test is skipped where it is absent."""
    folder = Path(os.environ.get("TOUCHSTONE_REAL_DATA", ROOT.parent / "shared" / "data" / "real"))
    if not folder.is_dir():
        pytest.skip("the real images are not here: set TOUCHSTONE_REAL_DATA to their folder")
    return folder


@pytest.fixture(autouse=True)
def _passphrases_are_stretched_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal series with the least cost that is allowed: what a passphrase costs is the same for every test otherwise."""
    monkeypatch.setattr("engine.methods.two_level_qr.sealing.COST", 14)
