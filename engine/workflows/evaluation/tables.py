"""Tables of an evaluation: records to rows of CSV, and rates in words."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from engine.core.operating import Rate


def write_table(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows as CSV under the names of their values, in order of first appearance; raises OSError."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, names, restval="")
        table.writeheader()
        table.writerows(rows)
    return path


def flat(record: BaseModel, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield a record's fields; those of records within it follow the name of the field that holds them."""
    for name in type(record).model_fields:
        value, title = getattr(record, name), prefix + name
        if isinstance(value, Rate):
            yield from (
                (title, value.value),
                (f"{title}_low", value.interval.low),
                (f"{title}_high", value.interval.high),
            )
            yield from ((f"{title}_events", value.events), (f"{title}_trials", value.trials))
            yield f"{title}_interval", value.interval.method
        elif isinstance(value, BaseModel):
            yield from flat(value, f"{title}_")
        elif value is not None:
            yield title, " ".join(map(str, value)) if isinstance(value, tuple) else value


def rate_text(rate: Rate) -> str:
    """Return a rate in per cent with its interval, and of how many it is."""
    low, high = 100 * rate.interval.low, 100 * rate.interval.high
    return f"{100 * rate.value:.2f} % ({low:.2f} to {high:.2f}, {rate.events} of {rate.trials})"
