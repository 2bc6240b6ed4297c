"""How text and numbers appear on a page. Foreign text is data: what would be invisible is shown by its code point."""

import math
import re
import unicodedata

# Runs without a blank fit the narrowest column up to LONGEST_RUN characters (our identifiers have 24); longer ones may
# break after every BREAK_AFTER.
LONGEST_RUN = 24
BREAK_AFTER = 16
BREAK = "\u200b"
COUNTED = frozenset(("patches",))  # units of which there is always a whole number
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def escaped(character: str) -> str:
    """Return the visible stand-in of a character that cannot be shown, such as ``[U+202E]``."""
    return f"[U+{ord(character):04X}]"


def visible(text: str, unshowable: frozenset[str] = frozenset()) -> str:
    """Return text as it is shown: hidden characters and those of ``unshowable`` escaped, long words breakable.

    Control, format (bidirectional overrides, zero-width) and unassigned characters would let a text read otherwise
    than it is; line feeds stay, tabs become blanks. The manifest keeps the text as it came.
    """
    text = text.replace("\r\n", "\n").replace("\t", " ")
    shown = "".join(
        escaped(c) if c in unshowable or (c != "\n" and unicodedata.category(c) in _HIDDEN) else c for c in text
    )
    return re.sub(rf"\S{{{LONGEST_RUN + 1},}}", lambda run: _breakable(run.group()), shown)


def lines(text: str) -> list[str]:
    """Return the lines of a text; of the characters that end lines only line feeds do, the others are shown."""
    return text.replace("\r\n", "\n").split("\n")


def number(value: float | None) -> str:
    """Return a number with four significant digits, without an exponent where it is readable without.

    Whole numbers from 2 on (counts) have no decimals.
    """
    if value is None:
        return "not measured"
    if value == 0 or (2 <= abs(value) < 1e6 and value == int(value)):
        return _minus(f"{value:.0f}")
    size = math.floor(math.log10(abs(value)))
    if -4 <= size < 6:
        return _minus(f"{value:.{max(0, 3 - size)}f}")
    return _minus(f"{value:.3e}")


def measured(value: float | None, its_unit: str) -> str:
    """Return a score's value: as a number, or whole where its unit is counted."""
    return number(value) if value is None or its_unit not in COUNTED else f"{value:.0f}"


def short(value: float) -> str:
    """Return a number with at most three significant digits and no trailing zeros, for labels."""
    if value == 0 or not 1e-6 <= abs(value) < 1e6:
        return _minus(f"{value:.3g}")
    text = f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
    return _minus(text.rstrip("0").rstrip(".") if "." in text else text)


def unit(text: str) -> str:
    """Return a unit as it is printed: records write ``um``, pages print the micrometre sign."""
    return re.sub(r"\bum\b", "\u00b5m", text)


def moment(text: str) -> str:
    """Return an ISO 8601 time to the second, ``2026-03-01 09:30:00 UTC``; any other text unchanged."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z", text)
    return f"{match[1]} {match[2]} UTC" if match else text


def hash_cell(sha256: str) -> dict[str, str]:
    """Return a hash for a table: printed on one line, so that it can be copied whole."""
    return {"hash": sha256}


def collapsed(text: str) -> str:
    """Return text without any blank or break, in compatibility form: what two readings of one page share."""
    return re.sub(rf"[\s{BREAK}\u00ad]+", "", unicodedata.normalize("NFKC", text))


def _breakable(run: str) -> str:
    return BREAK.join(run[start : start + BREAK_AFTER] for start in range(0, len(run), BREAK_AFTER))


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")
