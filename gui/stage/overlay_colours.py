"""Colours overlays on a thread of its own: a large map never holds up the window. No Qt."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from engine.core.finding import Raster
from gui.stage import colouring
from gui.stage.colouring import OverlayStyle, Words


class Recipe(NamedTuple):
    """All that the colours of a raster depend on."""

    low: float
    high: float
    colour_map: str
    opacity: float
    factor: int


class ColouredOverlay(NamedTuple):
    """An overlay ready to draw: (h, w) premultiplied words and how it was made."""

    words: Words
    recipe: Recipe


class OverlayColours:
    """The last colours of every overlay; asking for others makes them in the background.

    ``arrived`` is called from the thread when new colours are there.
    """

    def __init__(self, arrived: Callable[[], None]) -> None:
        self._arrived = arrived
        self._pool: ThreadPoolExecutor | None = None
        self._ready: dict[str, ColouredOverlay] = {}
        self._wanted: dict[str, Recipe] = {}

    def get(self, raster: Raster, style: OverlayStyle, factor: int) -> ColouredOverlay | None:
        """Return the latest colours of a raster, averaged over factor x factor cells; None before there are any."""
        key = raster.sha256
        recipe = Recipe(style.low, style.high, style.colour_map, style.opacity, factor)
        ready = self._ready.get(key)
        if (ready is None or ready.recipe != recipe) and self._wanted.get(key) != recipe:
            self._wanted[key] = recipe
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="touchstone-overlay")
            self._pool.submit(self._make, key, raster, recipe)
        return ready

    def clear(self) -> None:
        """Forget all colours."""
        self._wanted.clear()
        self._ready.clear()

    def close(self) -> None:
        """Forget all colours and join the thread."""
        self.clear()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _make(self, key: str, raster: Raster, recipe: Recipe) -> None:
        if self._wanted.get(key) != recipe:
            return  # the person has moved on
        values = colouring.block_mean(colouring.magnitudes(raster.values), recipe.factor)
        words = colouring.coloured(values, recipe.low, recipe.high, recipe.colour_map, recipe.opacity)
        self._ready[key] = ColouredOverlay(words, recipe)
        self._arrived()
