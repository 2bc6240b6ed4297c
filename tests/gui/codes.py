"""Real codes for the tests of the window: a series, issued IDs, simulated scans of a genuine and a copied code."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from engine.core.case import Actor, Device
from engine.core.codes import CodeSeries, Scheme
from engine.core.operating import Domain, OperatingPoint, ScoreSet
from engine.core.records import new_id
from engine.evaluation.rates import error_rates
from engine.jobs import JobContext
from engine.methods.two_level_qr.examination import TwoLevelQr, TwoLevelQrSettings
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.series import Series
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.printing import Print
from engine.store import Store
from engine.workflows.codes.series import Keyring, make_series
from engine.workflows.codes.tracing import issue_ids

PASSPHRASE = "correct horse battery"
KEY = bytes(range(32))


@dataclass(frozen=True)
class Issued:
    """A series, its secrets, and the IDs issued of it."""

    series: CodeSeries
    secrets: Series
    product_ids: tuple[str, ...]


def issued(store: Store, actor: Actor, *, count: int = 2, name: str = "Spring") -> Issued:
    """Make a series and issue IDs."""
    series = make_series(
        store, actor, name, scheme=Scheme.ORDERED, passphrase=PASSPHRASE, key=KEY, context=JobContext()
    )
    keyring = Keyring()
    keyring.unlock(store, series.id, PASSPHRASE)
    ids = issue_ids(store, actor, series.id, keyring, count=count, context=JobContext()).product_ids
    return Issued(series, keyring.series(series.id), tuple(ids))


def write_scan(path: Path, secrets: Series, text: str, *, copy: bool = False, seed: int = 1) -> None:
    """Write a simulated 600-dpi scan of a printed code, or of its copy."""
    piece = Print(generate(secrets, text).design, seed, settings=laser.M126_PRINTER)
    if copy:
        piece = copied(piece, settings=laser.M377_COPIER, seed=seed)
    view = scan(piece, laser.M126_SCANNER, seed=seed)
    Image.fromarray(view.pixels).save(path, dpi=(600, 600))


def set_point(store: Store, actor: Actor, made: Issued, *, threshold: float = 0.33) -> OperatingPoint:
    """Record an operating point of made-up scores."""
    genuine, copies = tuple(np.linspace(0.35, 0.42, 12)), tuple(np.linspace(0.22, 0.29, 12))
    rates = error_rates(genuine, copies, threshold)
    point = OperatingPoint(
        id=new_id("point"),
        name="Press 3",
        method=TwoLevelQr.key,
        method_version=TwoLevelQr.version,
        settings=TwoLevelQrSettings().to_json(),
        series_id=made.series.id,
        series_sha256=made.series.facts.sha256,
        score="indicator",
        threshold=threshold,
        rule="made up",
        domain=Domain(
            simulated=True, capture_device=Device.SCANNER, scanner="M126", printer="M126", material="paper",
            dpi_low=570, dpi_high=630,
        ),
        tuning=ScoreSet(genuine=genuine, counterfeit=copies, data_sha256="1" * 64),
        test=ScoreSet(genuine=genuine, counterfeit=copies, data_sha256="2" * 64),
        far=rates.far,
        frr=rates.frr,
    )  # fmt: skip
    store.commit(actor.id, "operating point set", point)
    return point
