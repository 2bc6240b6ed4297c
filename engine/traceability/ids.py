"""Product IDs: 80 bits that only the holder of a series' key can foresee, written in Crockford's base 32."""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError

ID_BYTES = 10
LETTERS = 16
ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PRODUCT_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{16}")
IdBytes = NDArray[np.uint8]  # (N, 10)
_TYPED = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
_PIECE = 1 << 14  # IDs written out at a time


def new_ids(key: bytes, batch_id: str, count: int) -> IdBytes:
    """Return the product IDs of a batch, (count, 10) uint8.

    SHAKE-256 (FIPS 202) stretches HMAC-SHA256(key, batch): without the key no ID tells anything of another, and each of
    2**80 values is as likely as any other.
    """
    start = hmac.digest(key, b"product ids\0" + batch_id.encode(), hashlib.sha256)
    return np.frombuffer(hashlib.shake_256(start).digest(ID_BYTES * count), dtype=np.uint8).reshape(count, ID_BYTES)


def written(ids: IdBytes) -> list[str]:
    """Return the texts of IDs, 16 letters each, five bits a letter, the highest first."""
    bits = np.unpackbits(ids, axis=1).reshape(len(ids), LETTERS, 5)
    numbers = np.packbits(bits, axis=2)[:, :, 0] >> 3
    text = np.frombuffer(ALPHABET, dtype=np.uint8)[numbers].tobytes().decode("ascii")
    return [text[at : at + LETTERS] for at in range(0, len(text), LETTERS)]


def from_written(texts: Sequence[str]) -> IdBytes:
    """Return the bytes of IDs, (N, 10) uint8; raises InputError naming the first text that is none."""
    for text in texts:
        if not PRODUCT_ID.fullmatch(text):
            remedy = "An ID has 16 digits and capital letters, without I, L, O and U"
            raise InputError("This is no product ID", where=text[:100], remedy=remedy)
    letters = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(len(texts), LETTERS)
    numbers = np.zeros(256, dtype=np.uint8)
    numbers[np.frombuffer(ALPHABET, dtype=np.uint8)] = np.arange(len(ALPHABET), dtype=np.uint8)
    bits = np.unpackbits(numbers[letters][:, :, None], axis=2)[:, :, 3:]
    return np.packbits(bits.reshape(len(texts), 8 * ID_BYTES), axis=1)


def distinct(ids: IdBytes) -> bool:
    """Whether no two IDs agree in their first 8 bytes, so that none stands there twice."""
    heads = np.ascontiguousarray(ids[:, :8]).view("<u8")[:, 0]
    return len(np.unique(heads)) == len(ids)


def typed_id(text: str) -> str | None:
    """Return the ID that a person typed, or None: small letters, hyphens, blanks, I, L and O are forgiven."""
    found = text.strip().upper().translate(_TYPED)
    return found if PRODUCT_ID.fullmatch(found) else None


class ProductIds(Sequence[str]):
    """Many product IDs, kept as bytes and written out when they are asked for."""

    def __init__(self, ids: IdBytes) -> None:
        self.bytes = ids

    def __len__(self) -> int:
        return len(self.bytes)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> "ProductIds": ...

    def __getitem__(self, at: int | slice) -> "str | ProductIds":
        if isinstance(at, slice):
            return ProductIds(self.bytes[at])
        return written(self.bytes[at][None])[0]

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self.bytes), _PIECE):
            yield from written(self.bytes[first : first + _PIECE])
