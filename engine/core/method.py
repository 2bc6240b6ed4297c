"""One shape for every method: what it is given, its settings, and what it returns."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Capture
from engine.core.finding import Finding
from engine.core.records import Record

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


class MethodSettings(Record):
    """Base of every method's frozen settings; a form and the provenance are generated from the model."""

    seed: int = 0


class Context(Protocol):
    """What a long computation reports to and asks; ``engine.jobs.JobContext`` is one."""

    def progress(self, done: float, total: float, text: str = "") -> None:
        """Report that ``done`` of ``total`` is finished."""
        ...

    def check_cancelled(self) -> None:
        """Raise Cancelled where the person asked to stop."""
        ...


class PixelSource(Protocol):
    """A capture whose pixels are read when they are needed."""

    @property
    def capture(self) -> Capture:
        """The record of the capture."""
        ...

    def pixels(self) -> Pixels:
        """Return the whole image: (H, W) grey or (H, W, 3) RGB, uint8 or uint16, orientation applied."""
        ...


@dataclass(frozen=True)
class KnownCaptures:
    """References that are captures of known items."""

    sources: tuple[PixelSource, ...]


class SecretSeries(Protocol):
    """A series of codes; its patterns and its key stay inside, its hash may be told."""

    @property
    def sha256(self) -> str:
        """SHA-256 that identifies the series without giving its secrets away."""
        ...


@dataclass(frozen=True)
class SeriesParameters:
    """References that are the parameters of the series which the questioned code should belong to."""

    series: SecretSeries


@dataclass(frozen=True)
class Inputs:
    """What a method examines: the questioned capture and typed references."""

    questioned: PixelSource
    references: KnownCaptures | SeriesParameters | None = None


class Method(Protocol):
    """A published method or a general examination. Methods score; they never decide."""

    key: ClassVar[str]
    title: ClassVar[str]
    citation: ClassVar[str]
    version: ClassVar[str]
    Settings: ClassVar[type[MethodSettings]]

    def examine(self, inputs: Inputs, settings: Any, context: Context) -> Finding:
        """Examine the inputs with the settings (an instance of ``Settings``)."""
        ...
