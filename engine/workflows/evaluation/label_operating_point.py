"""The operating point of a network's embedding, from an evaluation on simulated labels."""

from pathlib import Path

import numpy as np

from engine.core.case import Device
from engine.core.evaluations_labels import LabelRatesRow, LabelThreshold
from engine.core.library import METHOD, SIMILARITY
from engine.core.operating import Domain, OperatingPoint, Rate, ScoreSet
from engine.core.records import file_sha256, hash_of
from engine.evaluation.rates import clopper_pearson
from engine.simulation.film import UM_PER_PX, FilmSettings
from engine.workflows.evaluation.label_captures import FAKE, GENUINE, KNOWN, TEST, TUNING, LabelSet, chunks, part
from engine.workflows.evaluation.label_protocol import Best

STRENGTH = "middle"
KEPT_SCORES = 2_000  # of a kind and set; the rates count all
DPI = 25_400 / UM_PER_PX
DPI_MARGIN = 0.05  # either way of the pitch that captures were simulated at


def label_operating_point(
    folder: Path, embedder_key: str, limit: LabelThreshold, row: LabelRatesRow, *, tuning: tuple[Best, Best],
    test: tuple[Best, Best],
) -> OperatingPoint:  # fmt: skip
    """Return the threshold as an operating point, with its rates on test labels at middle strength.

    Parameters
    ----------
    folder : Path
        Where the captures are; their hash goes into the point.
    row : LabelRatesRow
        Of all test labels.
    tuning, test : tuple[Best, Best]
        Best matches of genuine captures and of fakes.
    """
    film = FilmSettings()
    return OperatingPoint(
        id=f"point-{hash_of([embedder_key, limit.classified, limit.threshold])[:16]}",
        name="Simulated labels, middle strength" + (", likely classes" if limit.classified else ""),
        method=METHOD,
        method_version="1",
        settings={"embedder_key": embedder_key, "classified": limit.classified},
        score=SIMILARITY,
        threshold=limit.threshold,
        rule=limit.rule,
        domain=Domain(
            simulated=True,
            capture_device=Device.MICROSCOPE,
            scanner="Simulated fluorescence microscope",
            printer=f"Simulated laser, {film.power_mw} mW",
            material="Simulated quantum-dot film",
            dpi_low=(1 - DPI_MARGIN) * DPI,
            dpi_high=(1 + DPI_MARGIN) * DPI,
        ),
        tuning=_scores(folder, TUNING, tuning),
        test=_scores(folder, TEST, test),
        far=_complement(row.fake),
        frr=_complement(row.real),
    )


def _scores(folder: Path, own: LabelSet, pair: tuple[Best, Best]) -> ScoreSet:
    """Return the first similarities of right matches and of fakes, and the hash over all captures."""
    genuine, fakes = pair
    right = genuine.similarity[genuine.right()][:KEPT_SCORES]
    other = fakes.similarity[np.isfinite(fakes.similarity)][:KEPT_SCORES]
    labels, imitated = len(genuine.label), len(fakes.label)
    counts = {KNOWN: labels, part(GENUINE, STRENGTH): labels, part(FAKE, STRENGTH): imitated}
    hashes = [file_sha256(path) for name, count in counts.items() for path, _ in chunks(folder, own, name, count)]
    rounded = (tuple(float(value) for value in np.round(values, 5)) for values in (right, other))
    return ScoreSet(genuine=next(rounded), counterfeit=next(rounded), data_sha256=hash_of(hashes))


def _complement(own: Rate) -> Rate:
    """Return how often it did not happen."""
    events = own.trials - own.events
    interval = clopper_pearson(events, own.trials, own.interval.level)
    return Rate(events=events, trials=own.trials, objects=own.objects, interval=interval)
