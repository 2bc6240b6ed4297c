"""Whole recognition (simulated): from the file of one label's capture to the ranked labels, step by step.

A library of noise and of two fields that the program cut out and embedded with its own network; fresh captures of their
labels at any rotation. The recogniser runs in its own process, as in the program. Prints JSON objects, medians by the
clock: ``steps_clock_ms`` is what the process spent on each step, ``file_to_answer_clock_ms`` all that the caller waited
for but the second stage, which matches the film of the ten best; ``clock_ms`` is with that.

    python -m tests.benchmarks.bench_identify [--labels 10080] [--captures 24]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.simulation.fluorescence import MIDDLE
from engine.store import Store
from engine.workflows.labels import library
from engine.workflows.labels.enrolment import BATCH_LABELS, enrol_fields
from engine.workflows.labels.identification import identify
from engine.workflows.labels.recogniser import Recogniser
from tests.benchmarks.bench_library import enrol_noise
from tests.engine.workflows.labels.label_samples import field_of, save, single

FIRST_SEED = 31_700_000
WARM = 3  # captures before the clock counts


def main() -> None:
    """Enrol, identify, count and time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=10_080)
    parser.add_argument("--captures", type=int, default=24)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="touchstone-") as name, Recogniser() as own:
        folder = Path(name)
        store = Store.create(folder / "lab.touchstone", laboratory="L", location="", administrator="A")
        made = library.make_library(store, store.actors()[0], "Film", simulated=True)
        pieces = [field_of(FIRST_SEED + number, settings=MIDDLE) for number in range(2)]
        fields = [save(piece.pixels, folder / f"{number}.png") for number, piece in enumerate(pieces)]
        start = time.perf_counter()
        report = enrol_fields(store, store.actors()[0], made.id, fields, recogniser=own, context=JobContext())
        spent = 1e3 * (time.perf_counter() - start)
        _tell("enrol two fields, the process started and the network loaded", labels=report.labels, clock_ms=spent)
        key = own.model(JobContext()).key
        for first in range(1 + report.labels, options.labels + 1, BATCH_LABELS):
            enrol_noise(store, made.id, first, key)
        random = generator(FIRST_SEED, "captures")
        right, times, steps = 0, [], []
        for number in range(WARM + options.captures):
            which, label = divmod(number % 24, 12)
            pixels = single(pieces[which], label, rotation_deg=360 * random.random(), seed=FIRST_SEED + 100 + number)
            path = save(pixels, folder / "label.png")
            start = time.perf_counter()
            found = identify(store, made.id, path, simulated=True, recogniser=own, context=JobContext())
            if number >= WARM:
                right += found.hits[0].number == 1 + 12 * which + label
                times.append(1e3 * (time.perf_counter() - start))
                steps.append(found.milliseconds)
        each = {step: round(float(np.median([one[step] for one in steps])), 2) for step in steps[0]}
        recognised = sum(value for step, value in each.items() if step != "match")
        answered = float(np.median([whole - one["match"] for whole, one in zip(times, steps, strict=True)]))
        _tell(
            "identify one label and match ten", labels=library.library_overview(store, made.id).labels,
            captures=len(times), right=right, clock_ms=float(np.median(times)), steps_clock_ms=each,
            recognition_clock_ms=recognised, file_to_answer_clock_ms=answered,
        )  # fmt: skip


def _tell(what: str, **values: object) -> None:
    rounded = {key: round(value, 2) if isinstance(value, float) else value for key, value in values.items()}
    print(json.dumps({"simulated": True, "what": what, **rounded}), flush=True)


if __name__ == "__main__":
    main()
