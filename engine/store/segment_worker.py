"""Child process that opens a foreign store's segments; ``engine.store.foreign`` starts it."""

from pathlib import Path
from typing import Any

from engine.jobs import serve
from engine.store import segments
from engine.store.segments import Segment


def answer(request: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the SHA-256 of a segment's rasters by overlay key, and the forms of its tables by name."""
    described = segments.describe(segments.read(Path(request["folder"]), Segment.from_json(request["segment"])))
    return {"rasters": described.rasters, "tables": described.tables}


if __name__ == "__main__":
    serve(answer)
