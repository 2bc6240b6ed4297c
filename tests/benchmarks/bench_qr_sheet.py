"""A scanned A4 page of 600 dpi with 12 two-level codes (simulated): seconds from the file to 12 checks.

One JSON object. Every code was issued, printed and scanned on its own by the simulated devices, every second one
copied in between, and stands on a page of paper white with sensor noise, which compresses as badly as that of a
scanner. The page is a grey PNG. ``decode``, ``read`` and ``examine`` are the parts of the work in one process, in
seconds of the wall clock and of the processor. ``check`` is the whole action ``check_image`` with its child process,
the register and the records, where that process is running already, and where it has to be started (``check_cold``);
``check_one`` the same for a scan of the first code alone. The least of several runs, with the machine's load beside.

    python -m tests.benchmarks.bench_qr_sheet [--runs 5] [--scheme ordered|random|unique]
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from engine.core.codes import Scheme
from engine.core.seeds import generator
from engine.imaging.decode import decode
from engine.jobs import JobContext
from engine.methods.two_level_qr.examination import ReadCapture, TwoLevelQr, TwoLevelQrSettings
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.rectification import read_codes
from engine.methods.two_level_qr.series import Series
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.printing import Print
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.checks import check_image
from engine.workflows.codes.series import Keyring, make_series
from engine.workflows.codes.tracing import issue_ids
from engine.workflows.stores import create_store
from tests.engine.methods.two_level_qr.samples import Held

CODES = 12
A4_PX = (7016, 4960)
PASSPHRASE = "horse battery staple"
Seconds = dict[str, tuple[float, float]]
T = TypeVar("T")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--scheme", type=Scheme, default=Scheme.ORDERED)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    context = JobContext()
    with tempfile.TemporaryDirectory() as name, create_store(
        Path(name) / "bench.touchstone", laboratory="Bench", administrator="Head"
    ) as store:  # fmt: skip
        (actor,) = store.actors()
        made = make_series(
            store, actor, "Sheet", scheme=options.scheme, passphrase=PASSPHRASE, key=bytes(32), context=context
        )
        keyring = Keyring()
        keyring.unlock(store, made.id, PASSPHRASE)
        series = keyring.series(made.id)
        ids = issue_ids(store, actor, made.id, keyring, count=CODES, context=context).product_ids
        path = Path(name) / "page.png"
        shown = page(series, list(ids))
        cv2.imwrite(str(path), shown)
        runs: list[Seconds] = []
        indicators: list[float] = []
        with CodeChecker() as warm:
            for run in range(options.runs + 1):
                own = path.with_name(f"page-{run}.png")  # a file that the process has not yet decoded
                shutil.copy(path, own)
                seconds, indicators = parts(own, series, list(ids))
                for part, checker in (("check", warm), ("check_cold", None)):
                    work = partial(check_image, store, actor, keyring, own, simulated=True, checker=checker)
                    checked = timed(seconds, part, partial(work, context=context))
                    assert len(checked) == CODES, "every code is checked"
                one = path.with_name(f"one-{run}.png")
                cv2.imwrite(str(one), shown[200:1300, 200:1300])
                work = partial(check_image, store, actor, keyring, one, simulated=True, checker=warm, context=context)
                assert len(timed(seconds, "check_one", work)) == 1, "the code is checked"
                runs.append(seconds)
        size = path.stat().st_size
    values = {"benchmark": "qr_sheet", "simulated": True, "pixels": A4_PX[0] * A4_PX[1], "codes": CODES}
    values |= {"file_mb": round(size / 1e6, 1), "scheme": options.scheme, "load": round(os.getloadavg()[0], 1)}
    for part in runs[0]:  # the first run started the process
        wall, cpu = (round(min(each[part][kind] for each in runs[1:]), 3) for kind in (0, 1))
        values[part] = {"wall_s": wall} if part.startswith("check") else {"wall_s": wall, "cpu_s": cpu}
    values["authentic_least"] = round(min(indicators[::2]), 3)
    values["copy_greatest"] = round(max(indicators[1::2]), 3)
    print(json.dumps(values))


def page(series: Series, texts: list[str]) -> np.ndarray:
    """Return the page, (7016, 4960) uint8; every second code is a copy."""
    random = generator(0, "page")
    found = np.rint(236 + 2 * random.standard_normal(A4_PX, dtype=np.float32)).astype(np.uint8)
    for index, text in enumerate(texts):
        piece = Print(generate(series, text).design, 100 + index, settings=laser.M126_PRINTER)
        if index % 2:
            piece = copied(piece, settings=laser.M377_COPIER, seed=200 + index)
        seen = scan(piece, laser.M126_SCANNER, seed=300 + index).pixels
        row, column = divmod(index, 3)
        top, left = 300 + 1650 * row + 7 * index, 300 + 1500 * column + 5 * index
        found[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return found


def parts(path: Path, series: Series, texts: list[str]) -> tuple[Seconds, list[float]]:
    """Return wall and processor seconds of each part, and the indicators in the order of the codes' texts."""
    seconds: Seconds = {}
    method = TwoLevelQr()
    pixels = timed(seconds, "decode", partial(decode, path))
    readings = timed(seconds, "read", partial(read_codes, pixels))
    assert len(readings) == CODES, "every code is read"
    read = ReadCapture(Held(np.zeros((1, 1), dtype=np.uint8)).capture, pixels, readings)

    def examine() -> list[float]:
        findings = [method.examine_read(read, series, TwoLevelQrSettings(code_text=text)) for text in texts]
        return [float(finding.score("indicator").value or 0) for finding in findings]

    indicators = timed(seconds, "examine", examine)
    seconds["in_all"] = (sum(each[0] for each in seconds.values()), sum(each[1] for each in seconds.values()))
    return seconds, indicators


def timed(seconds: Seconds, name: str, work: Callable[[], T]) -> T:
    """Do the work and note its seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    seconds[name] = (time.perf_counter() - wall, time.process_time() - cpu)
    return result


if __name__ == "__main__":
    main()
