"""A series of codes: what its codes share, the secrets among it kept out of every text form."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.core.codes import ErrorLevel, Scheme, SeriesFacts
from engine.core.errors import InputError
from engine.core.records import canonical_json, sha256_hex
from engine.methods.two_level_qr.keyed import keyed_pattern, keyed_words
from engine.methods.two_level_qr.patterns import Patterns, PatternSearch, search_patterns

KEY_BYTES = 32
NAME = re.compile(r"[\w .:/-]{1,100}")


@dataclass(frozen=True, eq=False)
class Series:
    """Frozen parameters of a series.

    Parameters
    ----------
    name : str
        What the producer calls it.
    scheme : Scheme
        How patterns are assigned to modules.
    key : bytes
        32 secret bytes; ``random`` and ``unique`` draw from it, and it salts the public hash.
    patterns : NDArray[np.bool_]
        (q, p, p), True = black; secret. Empty, (0, p, p), for ``unique``.
    black_px : int
        Black pixels of each pattern.
    print_dpi : int
        Dots per inch of the original's pixels.
    epsilon : float or None
        Of eq. (1) in the print-scan model of the search; None for ``unique``, whose modules are never told apart.
    version, error_level
        Of the QR codes.
    """

    name: str
    scheme: Scheme
    key: bytes = field(repr=False)
    patterns: Patterns = field(repr=False)
    black_px: int
    print_dpi: int = 600
    epsilon: float | None = None
    version: int = 4
    error_level: ErrorLevel = "M"

    def __post_init__(self) -> None:
        # No value stands in these texts: a wrong key or pattern must not reach a log either.
        if not NAME.fullmatch(self.name):
            raise InputError("The name of a series has 1 to 100 letters, digits, blanks and . : / - _")
        if len(self.key) != KEY_BYTES:
            raise InputError(f"The key of a series has {KEY_BYTES} bytes", where=self.name)
        shape = self.patterns.shape
        if self.patterns.dtype != np.bool_ or len(shape) != 3 or shape[1] != shape[2] or shape[1] < 4:
            raise InputError("Patterns are square, black and white, and at least 4 px wide", where=self.name)
        if (self.scheme is Scheme.UNIQUE) != (shape[0] == 0):
            raise InputError("A series has patterns unless every module has its own", where=self.name)
        if not 0 < self.black_px < shape[1] ** 2 or not 1 <= self.version <= 40 or self.print_dpi <= 0:
            raise InputError("A parameter of the series is out of range", where=self.name)
        copy = self.patterns.copy()
        copy.setflags(write=False)
        object.__setattr__(self, "patterns", copy)

    @property
    def module_px(self) -> int:
        """Original pixels along a module."""
        return int(self.patterns.shape[1])

    @property
    def sha256(self) -> str:
        """SHA-256 over all parameters, secrets included; the key makes it impossible to guess them from it."""
        return self._sha256

    @cached_property
    def _sha256(self) -> str:
        told = self._told()
        return sha256_hex(canonical_json(told) + self.key + np.packbits(self.patterns).tobytes())

    def facts(self) -> SeriesFacts:
        """Return what may be told of the series."""
        return SeriesFacts.model_validate({**self._told(), "sha256": self.sha256})

    def textures(self, text: str, count: int) -> tuple[Patterns, NDArray[np.intp]]:
        """Return the patterns of a code and which of them each of its modules carries. Secrets.

        Parameters
        ----------
        text : str
            What the code says; ``random`` and ``unique`` depend on it.
        count : int
            Number N of textured modules, row by row.

        Returns
        -------
        tuple[NDArray[np.bool_], NDArray[np.intp]]
            (M, p, p), True = black, and (N,) indices into it.
        """
        if self.scheme is Scheme.ORDERED:
            return self.patterns, np.arange(count) % len(self.patterns)
        if self.scheme is Scheme.RANDOM:
            words = keyed_words(self.key, "random", text, count=count)
            return self.patterns, (words % np.uint64(len(self.patterns))).astype(np.intp)
        own = [
            keyed_pattern(self.key, "unique", text, module, side=self.module_px, black=self.black_px)
            for module in range(count)
        ]
        return np.stack(own), np.arange(count)

    def _told(self) -> dict[str, object]:
        return {
            "name": self.name,
            "scheme": self.scheme.value,
            "pattern_count": len(self.patterns),
            "module_px": self.module_px,
            "black_px": self.black_px,
            "print_dpi": self.print_dpi,
            "version": self.version,
            "error_level": self.error_level,
            "epsilon": self.epsilon,
        }


def make_series(
    name: str,
    *,
    key: bytes,
    scheme: Scheme,
    search: PatternSearch | None = None,
    version: int = 4,
    error_level: ErrorLevel = "M",
) -> Series:
    """Return a new series; its patterns are searched among those that its key draws, so key and search fix it."""
    if len(key) != KEY_BYTES:
        raise InputError(f"The key of a series has {KEY_BYTES} bytes", where=name)
    search = search or PatternSearch()
    patterns = np.zeros((0, search.side_px, search.side_px), dtype=np.bool_)
    epsilon = None
    if scheme is not Scheme.UNIQUE:
        found = search_patterns(key, search)
        patterns, epsilon = found.patterns, found.epsilon
    return Series(
        name=name,
        scheme=scheme,
        key=key,
        patterns=patterns,
        black_px=search.black_px,
        print_dpi=search.print_dpi,
        epsilon=epsilon,
        version=version,
        error_level=error_level,
    )
