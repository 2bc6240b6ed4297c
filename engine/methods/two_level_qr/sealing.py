"""The secrets of a series at rest: one canonical text of bytes, sealed with a passphrase.

The passphrase is stretched with scrypt (RFC 7914) and the bytes are encrypted and authenticated with ChaCha20-Poly1305
(RFC 8439), the header included. What is wrong with opened bytes is told without a word of what they hold.
"""

import json
import secrets
import struct
import unicodedata
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, Field, ValidationError

from engine.core.codes import ErrorLevel, Scheme
from engine.core.errors import InputError
from engine.core.records import Record, canonical_json
from engine.methods.two_level_qr.series import KEY_BYTES, Series

MAGIC = b"TOUCHSTONE SEALED SERIES 1\n"
COST = 17  # N = 2**17 with r = 8 and p = 1 takes 128 MiB, OWASP's first choice for scrypt
COSTS = range(14, 19)  # a file from elsewhere may ask for 256 MiB at most
BLOCK_SIZE = 8
PARALLEL = 1
SALT_BYTES = 16
NONCE_BYTES = 12
HEADER = struct.Struct(f"<{len(MAGIC)}sB{SALT_BYTES}s{NONCE_BYTES}s")
LIMIT = 1 << 20  # bytes of a sealed series
SIDE_LIMIT = 64
PASSPHRASE_LETTERS = 8


class _Opened(Record):
    """A series in plain JSON, with its secrets; its errors never show what was read."""

    model_config = ConfigDict(hide_input_in_errors=True)

    format: Literal["touchstone series"] = "touchstone series"
    format_version: Literal[1] = 1
    name: str
    scheme: Scheme
    key: str = Field(repr=False, pattern=rf"^[0-9a-f]{{{2 * KEY_BYTES}}}$")
    pattern_count: int = Field(ge=0, le=16)
    side_px: int = Field(ge=4, le=SIDE_LIMIT)
    patterns: str = Field(repr=False, pattern=r"^([0-9a-f]{2})*$")
    black_px: int
    print_dpi: int
    epsilon: float | None
    version: int
    error_level: ErrorLevel


def to_bytes(series: Series) -> bytes:
    """Return the series, secrets included, as canonical JSON: patterns row by row, eight pixels a byte, 1 = black."""
    opened = _Opened(
        name=series.name,
        scheme=series.scheme,
        key=series.key.hex(),
        pattern_count=len(series.patterns),
        side_px=series.module_px,
        patterns=np.packbits(series.patterns).tobytes().hex(),
        black_px=series.black_px,
        print_dpi=series.print_dpi,
        epsilon=series.epsilon,
        version=series.version,
        error_level=series.error_level,
    )
    return canonical_json(opened.to_json())


def from_bytes(data: bytes) -> Series:
    """Return the series of such bytes; raises InputError, without a word of what they hold, where they are none."""
    try:
        values: Any = json.loads(data)
        opened = _Opened.from_json(values)
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(opened.patterns), dtype=np.uint8))
        size = opened.pattern_count * opened.side_px**2
        if len(bits) != -(-size // 8) * 8 or bits[size:].any():
            raise ValueError("the patterns are of another size")
    except (ValidationError, ValueError, RecursionError):
        # The cause quotes its input, which is secret: it is left out of the chain on purpose.
        raise InputError("These bytes are no series", remedy="Use a newer Touchstone, or a backup") from None
    return Series(
        name=opened.name,
        scheme=opened.scheme,
        key=bytes.fromhex(opened.key),
        patterns=bits[:size].reshape(opened.pattern_count, opened.side_px, opened.side_px).astype(np.bool_),
        black_px=opened.black_px,
        print_dpi=opened.print_dpi,
        epsilon=opened.epsilon,
        version=opened.version,
        error_level=opened.error_level,
    )


def check_passphrase(passphrase: str) -> None:
    """Raise InputError where a new passphrase has fewer than 8 characters."""
    if len(passphrase) < PASSPHRASE_LETTERS:
        what = f"A passphrase has at least {PASSPHRASE_LETTERS} characters"
        raise InputError(what, remedy="Choose several words that nobody would put together")


def seal(series: Series, passphrase: str) -> bytes:
    """Return the series sealed with a passphrase.

    Raises
    ------
    InputError
        The passphrase has fewer than 8 characters, or is no text.
    """
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    check_passphrase(passphrase)
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    header = HEADER.pack(MAGIC, COST, salt, nonce)
    return header + ChaCha20Poly1305(_stretched(passphrase, COST, salt)).encrypt(nonce, to_bytes(series), header)


def unseal(data: bytes, passphrase: str) -> Series:
    """Return the series that was sealed with that passphrase.

    Raises
    ------
    InputError
        The passphrase is another or no text, or the bytes are damaged or no sealed series.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    if not HEADER.size < len(data) <= LIMIT or not data.startswith(MAGIC):
        raise InputError("These bytes are no sealed series")
    header = data[: HEADER.size]
    _, cost, salt, nonce = HEADER.unpack(header)
    if cost not in COSTS:
        raise InputError(f"The sealed series asks for scrypt with N = 2**{cost}", remedy="Do not trust it")
    try:
        opened = ChaCha20Poly1305(_stretched(passphrase, cost, salt)).decrypt(nonce, data[HEADER.size :], header)
    except InvalidTag:
        remedy = "Type it again; letter case and blanks count. A damaged file opens with no passphrase"
        raise InputError("The passphrase does not open this series", remedy=remedy) from None
    return from_bytes(opened)


def _stretched(passphrase: str, cost: int, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    # The same letters typed on another system may come in another composition.
    try:
        text = unicodedata.normalize("NFC", passphrase).encode()
    except UnicodeEncodeError:
        # Bytes of a terminal or an environment that are no UTF-8; the cause quotes the passphrase.
        what = "The passphrase holds bytes that are no text"
        raise InputError(what, remedy="Type it again, or give it in a file in UTF-8") from None
    return Scrypt(salt=salt, length=32, n=1 << cost, r=BLOCK_SIZE, p=PARALLEL).derive(text)
