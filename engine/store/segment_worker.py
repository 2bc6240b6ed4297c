"""Child process that opens a foreign store's segments; ``engine.store.foreign`` starts it."""

from pathlib import Path
from typing import Any

from engine.jobs import serve
from engine.store import segments
from engine.store.segments import Segment


def answer(request: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the SHA-256 of a segment's rasters by overlay key."""
    rasters = segments.read(Path(request["folder"]), Segment.from_json(request["segment"]))
    return {key: raster.sha256 for key, raster in rasters.items()}


if __name__ == "__main__":
    serve(answer)
