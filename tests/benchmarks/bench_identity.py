"""Same design and same piece (simulated): two separate scores, and their rates on prints that no threshold has seen.

Thresholds lie in the middle of the gap between the first half of the pieces, and are applied to the second half.
*Same design* is scored at the best placement found, registered or not: refusals would flatter its rates. *Same
piece* is scored where the captures are registered. One JSON object a score.
``python -m tests.benchmarks.bench_identity [FIELDS [SEED]]``
"""

import json
import sys

import numpy as np

from engine.evaluation.curves import auc
from engine.evaluation.rates import error_rates
from engine.imaging.identity import same_design, same_piece
from engine.imaging.identity_shared import shared_structure
from engine.imaging.registration import register
from engine.imaging.registration_common import common_frame
from engine.jobs import JobContext
from tests.benchmarks.registration_fields import Field, fields

SEED = 4711


def main(count: int = 60, seed: int = SEED) -> None:
    """Print the figures of both scores."""
    rows: list[tuple[int, str, float | None, float | None]] = []
    registered = dict.fromkeys(("same", "twin", "other"), 0)
    for field in fields(count, seed):
        for name in registered:
            design, piece, was_registered = _scores(field, name)
            registered[name] += was_registered
            rows.append((field.piece, name, design, piece))
    half = max(row[0] for row in rows) // 2
    # Same design: two prints of one design against prints of two designs, both of which are different pieces.
    _report("same design", rows, 2, "twin", "other", half, count, registered, seed)
    _report("same piece", rows, 3, "same", "twin", half, count, registered, seed)


def _scores(field: Field, name: str) -> tuple[float | None, float | None, bool]:
    """Return same design, same piece, and whether the field was registered with the scan."""
    known = getattr(field, name).pixels
    found = register(field.view.pixels, known, um_per_px=field.um_per_px, context=JobContext())
    if found.best is None:
        return None, None, False
    common = common_frame(field.view.pixels, known, found.best, field.view.um_per_px)
    shared = shared_structure(known)
    mask = None if shared is None else shared.mask(common.seen.shape, found.best.array() @ common.to_questioned)
    registered = found.transform is not None
    return same_design(common, mask).value, same_piece(common).value if registered else None, registered


def _report(
    title: str,
    rows: list[tuple[int, str, float | None, float | None]],
    column: int,
    positive: str,
    negative: str,
    half: int,
    count: int,
    registered: dict[str, int],
    seed: int,
) -> None:
    def values(name: str, test: bool) -> tuple[list[float], list[int]]:
        chosen = [row for row in rows if row[1] == name and row[column] is not None and (row[0] > half) == test]
        return [float(row[column]) for row in chosen], [row[0] for row in chosen]  # type: ignore[arg-type]

    threshold = (min(values(positive, False)[0]) + max(values(negative, False)[0])) / 2
    alike, alike_objects = values(positive, True)
    unlike, unlike_objects = values(negative, True)
    rates = error_rates(alike, unlike, threshold, genuine_objects=alike_objects, counterfeit_objects=unlike_objects)
    print(
        json.dumps(
            {
                "benchmark": title, "simulated": True, "seed": seed, "fields": count, "registered": registered,
                "auc": round(auc(alike, unlike), 5), "threshold": round(threshold, 3),
                "alike_mean": round(float(np.mean(alike)), 3), "alike_min": round(min(alike), 3),
                "unlike_mean": round(float(np.mean(unlike)), 3), "unlike_max": round(max(unlike), 3),
                "not_measured": sum(row[column] is None for row in rows if row[1] in (positive, negative)),
                **{
                    name: [rate.events, rate.trials, round(rate.interval.low, 4), round(rate.interval.high, 4)]
                    for name, rate in (("false_accepts", rates.far), ("false_rejects", rates.frr))
                },
            }
        ),
        flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
