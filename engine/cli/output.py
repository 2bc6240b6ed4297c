"""What the command line prints: results on standard output, progress and errors on standard error."""

import json
import sys
from typing import Any

from engine.core.errors import TouchstoneError


class Output:
    """Prints results as text, or with ``as_json`` as one JSON object a line."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._last = ""

    def result(self, values: dict[str, Any], text: str) -> None:
        """Print one result: the JSON object, or the text."""
        print(json.dumps(values, ensure_ascii=False, sort_keys=True) if self.as_json else printable(text), flush=True)

    def progress(self, done: float, total: float, text: str) -> None:
        """Print progress on standard error, one line for each step of a tenth or each new text."""
        tenth = int(10 * done / total) if total > 0 else 0
        line = f"{tenth * 10:3d} % {printable(text)}"
        if line != self._last:
            self._last = line
            print(line, file=sys.stderr, flush=True)

    def error(self, error: TouchstoneError) -> None:
        """Print what went wrong, where, and what to do."""
        if self.as_json:
            values = {"error": {"what": error.what, "where": error.where, "remedy": error.remedy}}
            print(json.dumps(values, ensure_ascii=False), file=sys.stderr, flush=True)
        else:
            print(f"touchstone: {printable(str(error))}", file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Return foreign text without control characters, so that it cannot steer a terminal."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
