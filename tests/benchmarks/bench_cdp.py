"""Copy detection on real prints: correlation of the centre with the other originals of the word.

The threshold for each word is chosen on all other words (Xie and Tan 2021, equation (5)). One JSON object.
"""

import json
import os
import time
from pathlib import Path

from engine.evaluation.curves import auc, leave_one_group_out
from tests.benchmarks.cdp_captures import captures, scores


def main() -> None:
    """Print the figures."""
    root = Path(
        os.environ.get("TOUCHSTONE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real")
    )
    folder = root / "cdp-qr-first-second-print"
    if not folder.is_dir():
        print(json.dumps({"benchmark": "cdp", "skipped": "the real images are not here: set TOUCHSTONE_REAL_DATA"}))
        return
    start = time.perf_counter()
    found = list(scores(captures(folder)))
    originals = [(capture.word, value) for capture, value in found if capture.original]
    copies = [(capture.word, value) for capture, value in found if not capture.original]
    genuine, counterfeit = [value for _, value in originals], [value for _, value in copies]
    held_out = leave_one_group_out(genuine, [word for word, _ in originals], counterfeit, [word for word, _ in copies])
    rates = {
        name: {
            "value": round(rate.value, 4), "events": rate.events, "trials": rate.trials, "words": rate.objects,
            "low": round(rate.interval.low, 4), "high": round(rate.interval.high, 4), "interval": rate.interval.method,
        }
        for name, rate in (("far", held_out.far), ("frr", held_out.frr))
    }  # fmt: skip
    print(
        json.dumps(
            {
                "benchmark": "cdp", "auc": round(auc(genuine, counterfeit), 5), **rates,
                "thresholds": [round(pick(held_out.thresholds.values()), 4) for pick in (min, max)],
                "originals_mean": round(sum(genuine) / len(genuine), 4), "originals_min": round(min(genuine), 4),
                "copies_mean": round(sum(counterfeit) / len(counterfeit), 4), "copies_max": round(max(counterfeit), 4),
                "seconds": round(time.perf_counter() - start, 1),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
