"""What a short payload leaves equal: padding and headers of a QR code, found by encoding other payloads beside it."""

import string

import numpy as np

from engine.core.records import hash_of
from engine.core.seeds import generator
from engine.imaging.refine import Mask

LEVELS = {"L": 1, "M": 0, "Q": 3, "H": 2}  # ISO/IEC 18004:2015, table 12
OTHERS = 10  # payloads encoded beside the one read: a module of content is equal in all once in 1,024 times
LEAST_AGREEMENT = 0.9  # share of modules that must be as read before the encoding counts as the code's own
BYTES = "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x100))))  # no bit of them is always the same
ALPHANUMERIC = string.digits + string.ascii_uppercase + " $%*+-./:"  # ISO/IEC 18004:2015, table 5


def equal_modules(text: str, printed: Mask) -> Mask:
    """Return the modules that codes of this version, level, mask and payload length all have in common.

    Parameters
    ----------
    text : str
        The payload that was read.
    printed : Mask
        (N, N) modules as seen, True where dark.

    Returns
    -------
    Mask
        (N, N); all False where the text's encoding is not what is seen.
    """
    version = (len(printed) - 17) // 4
    level, mask = format_of(printed)
    own = _encoded(text, version, level, mask)
    equal = np.ones_like(printed)
    if own is None or (own == printed).mean() < LEAST_AGREEMENT:
        return ~equal
    for number in range(OTHERS):
        other = _encoded(_other(text, number), version, level, mask)
        if other is not None:
            equal &= other == own
    return equal


def format_of(printed: Mask) -> tuple[str, int]:
    """Return error correction level and mask whose format information is nearest (ISO/IEC 18004:2015, 7.9 and C)."""
    column = [*range(6), 7, 8]
    seen = np.r_[printed[column, 8], printed[8, [7, 5, 4, 3, 2, 1, 0]]]  # bits 0..14
    choices = [(level, mask) for level in LEVELS for mask in range(8)]
    return min(choices, key=lambda choice: int((_format_bits(*choice) != seen).sum()))


def _format_bits(level: str, mask: int) -> Mask:
    data = LEVELS[level] << 3 | mask
    rest = data
    for _ in range(10):
        rest = rest << 1 ^ (rest >> 9) * 0x537
    code = (data << 10 | rest) ^ 0x5412
    return np.array([code >> bit & 1 for bit in range(15)], dtype=bool)


def _encoded(text: str, version: int, level: str, mask: int) -> Mask | None:
    """Return the code's modules, True where dark; None where the payload does not fit."""
    import segno

    try:
        code = segno.make(text, version=version, error=level, mask=mask, boost_error=False, micro=False)
    except segno.DataOverflowError:
        return None
    return np.array([list(row) for row in code.matrix], dtype=bool)


def _other(text: str, number: int) -> str:
    """Return another payload of the same length that is encoded in the same mode."""
    if text.isascii() and text.isdigit():
        letters = string.digits
    elif set(text) <= set(ALPHANUMERIC):
        letters = ALPHANUMERIC
    else:
        letters = BYTES
    length = len(text.encode("latin-1")) if text.isascii() else len(text.encode())
    chosen = generator(number, "other payload", hash_of(text)).choice(list(letters), length)
    return "".join(chosen)
