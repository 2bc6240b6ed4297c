"""Where the page templates and their fonts are."""

from functools import cache
from pathlib import Path
from typing import Any

from engine.core.records import sha256_hex

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
TEMPLATE = RESOURCES / "report" / "report.typ"
SHEET_TEMPLATE = RESOURCES / "report" / "sheet.typ"
FONTS = RESOURCES / "fonts"


@cache
def template_sha256() -> str:
    """Return the SHA-256 of the page template."""
    return sha256_hex(TEMPLATE.read_bytes())


@cache
def fonts() -> Any:
    """Return the fonts that pages may use: Typst's own and ours, never those of the machine."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])
