"""The child process that parses foreign image files: a fault in a decoder ends it, not the program."""

import errno
from pathlib import Path
from typing import Any

from engine.core.errors import InputError, JobError
from engine.imaging import decode
from engine.jobs import JobContext, serve


def answer(values: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Answer one request of ``engine.imaging.client``."""
    try:
        return _answer(values, context)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise JobError("The disk is full", remedy="Free some space and try again.") from error
        if error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise


def _answer(values: dict[str, Any], context: JobContext) -> dict[str, Any]:
    path, page = Path(values["path"]), int(values.get("page", 0))
    match values["do"]:
        case "inspect":
            return {"pages": [info.to_json() for info in decode.inspect(path)]}
        case "prepare":
            facts = decode.prepare(path, page, Path(values["target"]), values.get("sha256"), context)
            return {"facts": facts.to_json()}
        case "read":
            decode.decode_to_file(path, page, Path(values["target"]))
            return {}
        case other:
            raise InputError(f"The imaging worker does not know {other!r}")


def main() -> None:
    """Serve until standard input closes."""
    serve(answer)


if __name__ == "__main__":
    main()
