"""Where the page template and its fonts are."""

from functools import cache
from pathlib import Path

from engine.core.records import sha256_hex

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
TEMPLATE = RESOURCES / "report" / "report.typ"
FONTS = RESOURCES / "fonts"


@cache
def template_sha256() -> str:
    """Return the SHA-256 of the page template."""
    return sha256_hex(TEMPLATE.read_bytes())
