"""Child process that opens a foreign store's segments, so that a crash of HDF5 takes nothing else with it."""

from pathlib import Path
from typing import Any

from engine.core.errors import JobError, StoreError
from engine.jobs import Child, Limits, serve
from engine.store import segments
from engine.store.segments import Segment

LIMITS = Limits(seconds=60.0)


def answer(request: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the SHA-256 of a segment's rasters by overlay key."""
    rasters = segments.read(Path(request["folder"]), Segment.from_json(request["segment"]))
    return {key: raster.sha256 for key, raster in rasters.items()}


class SegmentWorker(Child):
    """Opens segments in a child process."""

    def __init__(self) -> None:
        super().__init__("engine.store.segment_worker", LIMITS)

    def hashes(self, folder: Path, segment: Segment) -> dict[str, str]:
        """Return the SHA-256 of a segment's rasters by overlay key; raises StoreError, also where the child dies."""
        try:
            found = self.request({"folder": str(folder), "segment": segment.to_json()})
        except JobError as error:
            raise StoreError(f"A segment cannot be opened safely: {error.what}", where=segment.name) from error
        return {str(key): str(value) for key, value in found.items()}


if __name__ == "__main__":
    serve(answer)
