"""What the command line prints: results on standard output, progress and errors on standard error."""

import json
import sys
from typing import Any, TextIO

from engine.core.errors import TouchstoneError


class Output:
    """Prints results as lines of text, or with ``as_json`` as one JSON object a line.

    JSON is written in ASCII, so that no terminal, locale or reader of lines can take it for anything else.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._last = ""

    def result(self, values: dict[str, Any], *lines: str) -> None:
        """Print one result: the JSON object, or the lines."""
        shown = [json.dumps(values, sort_keys=True)] if self.as_json else [printable(line) for line in lines]
        for line in shown:
            _print(line, sys.stdout)

    def progress(self, done: float, total: float, text: str) -> None:
        """Print progress on standard error, one line for each step of a tenth or each new text."""
        tenth = int(10 * done / total) if total > 0 else 0
        line = f"{tenth * 10:3d} % {printable(text)}"
        if line != self._last:
            self._last = line
            _print(line, sys.stderr)

    def note(self, text: str) -> None:
        """Print a remark on standard error."""
        _print(json.dumps({"note": text}) if self.as_json else f"note: {printable(text)}", sys.stderr)

    def error(self, error: TouchstoneError) -> None:
        """Print what went wrong, where, and what to do."""
        if self.as_json:
            values = {"error": {"what": error.what, "where": error.where, "remedy": error.remedy}}
            _print(json.dumps(values), sys.stderr)
        else:
            _print(f"touchstone: {printable(str(error))}", sys.stderr)


def _print(line: str, stream: TextIO) -> None:
    """Print a line; letters that the stream's encoding lacks become their code points."""
    encoding = stream.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def printable(line: str) -> str:
    """Return foreign text as one line without control characters: it can neither steer a terminal nor add a line."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
