"""The only way foreign image files are read: through a child process with a time and a memory limit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np

from engine.core.errors import ImagingError, JobError
from engine.core.method import Pixels
from engine.imaging.decode import PageFacts
from engine.imaging.formats import PageInfo
from engine.imaging.tiles import check_pixels
from engine.jobs import Child, JobContext, Limits, scratch_folder

WORKER = "engine.imaging.worker"
# The largest page, 10^9 pixels of 3 x 16 bits, takes 6 GB once; libraries and threads reserve addresses besides.
LIMITS = Limits(seconds=600.0, memory_bytes=12 << 30)


class ImagingWorker:
    """Inspects, prepares and reads image files in a child process.

    The process starts with the first request and serves all that follow. A file that makes it crash, hang or eat
    memory costs one JobError; the next request starts a fresh process. Use it as a context manager, from one thread.

    Parameters
    ----------
    limits : Limits
        Seconds and bytes of address space that one request may use.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._child = Child(WORKER, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def inspect(self, path: Path, context: JobContext | None = None) -> tuple[PageInfo, ...]:
        """Return what the headers of every page announce.

        Raises
        ------
        ImagingError
            The file cannot be read as an image; says why and what to do.
        JobError
            The file made the process crash or pass its limits.
        """
        reply = self._request({"do": "inspect"}, path, context)
        with _understood(path):
            return tuple(PageInfo.from_json(page) for page in reply["pages"])

    def prepare(
        self,
        path: Path,
        page: int,
        pyramid_path: Path,
        context: JobContext | None = None,
        *,
        sha256: str | None = None,
    ) -> PageFacts:
        """Decode a page, measure its quality and make its tile file, which appears only when complete.

        ``sha256`` is the file's hash where it is known already; it goes into the tile file's header.
        Raises what ``inspect`` raises, and Cancelled.
        """
        pyramid_path.parent.mkdir(parents=True, exist_ok=True)
        # Whatever happens to the process, its unfinished files go with the folder.
        with tempfile.TemporaryDirectory(prefix=".tiles-", dir=pyramid_path.parent) as folder:
            target = Path(folder) / "tiles"
            request = {"do": "prepare", "page": page, "target": str(target), "sha256": sha256}
            reply = self._request(request, path, context)
            with _understood(path):
                facts = PageFacts.from_json(reply["facts"])
                target.replace(pyramid_path)
        return facts

    def read(self, path: Path, page: int = 0, context: JobContext | None = None) -> Pixels:
        """Return a page: (H, W) grey or (H, W, 3) RGB, uint8 or uint16, orientation applied.

        Raises what ``inspect`` raises, and Cancelled.
        """
        with scratch_folder() as folder:
            target = Path(folder) / "pixels.npy"
            self._request({"do": "read", "page": page, "target": str(target)}, path, context)
            with _understood(path):
                pixels = np.load(target, allow_pickle=False)
                check_pixels(pixels)
                return cast("Pixels", pixels)

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def _request(self, values: dict[str, Any], path: Path, context: JobContext | None) -> dict[str, Any]:
        try:
            return self._child.request({**values, "path": str(path.resolve())}, context)
        except JobError as error:
            raise JobError(error.what, where=error.where or path.name, remedy=error.remedy) from error


def check_readable(path: Path, where: str) -> None:
    """Raise ImagingError, which names ``where``, unless there is a file of that path that may be read."""
    try:
        if not path.is_file():
            raise ImagingError("There is no such file", where=where, remedy="Check the name.")
        path.open("rb").close()
    except OSError as error:
        what = f"The file cannot be read ({error.strerror})"
        raise ImagingError(what, where=where, remedy="Check the path and its permissions.") from error


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Turn a reply or a file that is not what it should be into a JobError: a broken decoder may send anything."""
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError, EOFError, ImagingError) as error:
        raise JobError(f"The imaging process answered nonsense ({error})", where=path.name) from error
