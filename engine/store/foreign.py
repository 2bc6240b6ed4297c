"""Opening a foreign store's segments in a child process, so that a crash of HDF5 takes nothing else with it."""

from pathlib import Path

from engine.core.errors import JobError, StoreError
from engine.jobs import Child, Limits
from engine.store.segments import Description, Segment


class SegmentWorker(Child):
    """Opens segments in a child process, each within a minute."""

    def __init__(self) -> None:
        super().__init__("engine.store.segment_worker", Limits(seconds=60.0))

    def describe(self, folder: Path, segment: Segment) -> Description:
        """Return what a segment holds; raises StoreError, also where the child dies."""
        try:
            found = self.request({"folder": str(folder), "segment": segment.to_json()})
        except JobError as error:
            raise StoreError(f"A segment cannot be opened safely: {error.what}", where=segment.name) from error
        rasters, tables = (
            {str(key): str(value) for key, value in found[part].items()} for part in ("rasters", "tables")
        )
        return Description(rasters, tables)
