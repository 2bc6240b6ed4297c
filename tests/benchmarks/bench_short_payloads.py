"""Fields of codes whose payload is mostly padding (simulated): outcomes on their own scan and on another design's.

``python -m tests.benchmarks.bench_short_payloads [FIELDS]`` prints one JSON object.
"""

import json
import sys
from collections import Counter

from engine.imaging.registration import register
from engine.jobs import JobContext
from tests.benchmarks.registration_fields import fields

SEED = 77
LETTERS = 12


def main(count: int = 15) -> None:
    """Print how often each outcome was reached."""
    outcomes: dict[str, Counter[str]] = {"same": Counter(), "other": Counter()}
    for field in fields(count, SEED, length=LETTERS):
        for name, counted in outcomes.items():
            known = getattr(field, name).pixels
            found = register(field.view.pixels, known, um_per_px=field.um_per_px, context=JobContext())
            counted[found.outcome.value] += 1
    print(json.dumps({"simulated": True, "seed": SEED, "letters": LETTERS, "fields": count, **outcomes}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
