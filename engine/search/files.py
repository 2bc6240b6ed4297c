"""The file of a search index: a header that says what it belongs to, then raw arrays, all under SHA-256.

``MAGIC``, the header's length (4 bytes, little-endian), the header (JSON), its SHA-256 (32 bytes), the body. The body
holds rotation, centroids and sizes of the lists, then for each list its rows and its codes. It is no file of Faiss:
those are parsed by code that trusts them, and a store may come from anywhere.
"""

import contextlib
import hashlib
import math
import struct
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engine.core.case import Sha256
from engine.core.errors import IndexStale
from engine.core.records import Record, canonical_json
from engine.store.disk import Disk, storage_fault, write_file

NAME = "library.index"
MAGIC = b"TSINDEX1"
MAX_HEADER = 1 << 16
REMEDY = "It is built anew from the library's embeddings."

Size = Annotated[int, Field(ge=1, lt=1 << 31)]


class Header(Record):
    """What an index belongs to and how its body is to be read.

    ``key`` names the state of the library, ``fingerprint`` its vectors, ``trained`` how many there were when the lists
    were made; ``faiss`` is the version whose code layout the body has. ``seconds`` is what building it took. ``first``
    lists are looked into, and ``probes`` where no match in these is near.
    """

    form: Literal[2] = 2
    key: Annotated[str, Field(max_length=1000)]
    fingerprint: Sha256
    faiss: Annotated[str, Field(max_length=100)]
    count: Size
    trained: Size
    dimensions: Annotated[int, Field(ge=1, le=4096)]
    lists: Annotated[int, Field(ge=1, le=1 << 20)]
    first: Size
    probes: Size
    seconds: Annotated[float, Field(ge=0)]
    body_bytes: Annotated[int, Field(ge=1)]
    body_sha256: Sha256


def write_index(path: Path, header: Callable[[int, str], Header], body: Callable[[], Iterable[memoryview]]) -> None:
    """Write an index so that after a crash the old file or the new one stands there, whole.

    ``body`` is asked for its pieces twice: for size and hash, which ``header`` is given, and to be written.
    """
    digest, size = hashlib.sha256(), 0
    for piece in body():
        digest.update(piece)
        size += piece.nbytes
    text = canonical_json(header(size, digest.hexdigest()).to_json())
    start = MAGIC + struct.pack("<I", len(text)) + text + hashlib.sha256(text).digest()

    def pieces() -> Iterator[bytes]:
        yield start
        # A memoryview of bytes is as good as bytes to whoever writes them, and is not copied.
        yield from body()  # pyright: ignore[reportReturnType]

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(Disk(), path, pieces())
    except OSError as error:
        raise storage_fault(error, path, "The index was not kept; searching still works") from error


class Body:
    """The body of an index, read piece by piece; ``finish`` tells whether these were the bytes that were written."""

    def __init__(self, path: Path, file: BufferedReader, header: Header) -> None:
        self._path, self._file, self._header = path, file, header
        self._digest, self._left = hashlib.sha256(), header.body_bytes

    def array(self, dtype: str, *shape: int) -> NDArray:
        """Return the next array, little-endian and contiguous."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > self._left:
            raise stale(self._path, "The search index does not hold what it says")
        found = np.empty(shape, dtype)
        if size:
            whole = found.data.cast("B")
            if self._file.readinto(whole) != size:
                raise stale(self._path, "The search index is cut off")
            self._digest.update(whole)
            self._left -= size
        return found

    def finish(self) -> None:
        """Raise IndexStale unless every byte was read and is the one that was written."""
        if self._left or self._digest.hexdigest() != self._header.body_sha256:
            raise stale(self._path, "The search index is damaged")


@contextlib.contextmanager
def reading_index(path: Path) -> Iterator[tuple[Header, Body]]:
    """Open an index; raises IndexStale that says why where it cannot be used."""
    try:
        with path.open("rb") as file:
            header = _header(path, file)
            if file.tell() + header.body_bytes != path.stat().st_size:
                raise stale(path, "The search index is cut off")
            yield header, Body(path, file, header)
    except FileNotFoundError:
        raise stale(path, "There is no search index yet") from None
    except OSError as error:
        raise stale(path, f"The search index cannot be read ({error.strerror})") from error


def _header(path: Path, file: BufferedReader) -> Header:
    foreign = stale(path, "The file is no search index of this program")
    start = file.read(len(MAGIC) + 4)
    if len(start) != len(MAGIC) + 4 or not start.startswith(MAGIC):
        raise foreign
    (size,) = struct.unpack("<I", start[len(MAGIC) :])
    text = file.read(min(size, MAX_HEADER))
    if size > MAX_HEADER or hashlib.sha256(text).digest() != file.read(32):
        raise foreign
    try:
        return Header.model_validate_json(text)
    except ValidationError as error:
        raise foreign from error


def stale(path: Path, what: str) -> IndexStale:
    """Return the error that an index cannot be used, and why."""
    return IndexStale(what, where=str(path), remedy=REMEDY)
