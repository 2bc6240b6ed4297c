"""A store with an unlocked series and issued IDs, and pictures of its codes as tests need them."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.core.case import Actor, Role
from engine.core.codes import CodeSeries, Scheme
from engine.jobs import JobContext
from engine.methods.two_level_qr.generation import generate
from engine.store import Store
from engine.workflows.cases import add_actor
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.checks import check_image
from engine.workflows.codes.qualification import qualify
from engine.workflows.codes.series import Keyring, make_series
from engine.workflows.codes.tracing import issue_ids
from engine.workflows.stores import create_store
from tests.engine.methods.two_level_qr.samples import blurred

PASSPHRASE = "correct horse battery"
GENUINE, COPY = 0.8, 1.6  # blur of the prints, in original pixels
CONTEXT = JobContext()


@dataclass
class Codes:
    """Everything that a check needs."""

    folder: Path
    store: Store
    producer: Actor
    examiner: Actor
    series: CodeSeries
    keyring: Keyring
    ids: tuple[str, ...]
    checker: CodeChecker

    def picture(self, *ids: str, sigma: float = GENUINE, across: int = 3, name: str = "") -> Path:
        """Write a picture of the codes of these IDs, several side by side, and return its path."""
        codes = [blurred(generate(self.keyring.series(self.series.id), each).ink, sigma) for each in ids]
        blank = np.full_like(codes[0], 235)
        filled = codes + [blank] * (-len(codes) % across if len(codes) > across else 0)
        rows = [np.hstack(filled[k : k + across]) for k in range(0, len(filled), across)]
        path = self.folder / (name or f"{ids[0]}-{len(ids)}-{sigma:g}.png")
        cv2.imwrite(str(path), np.vstack(rows))
        return path

    def check(self, path: Path, **options):
        """Check a picture as simulated."""
        given = {"simulated": True, "keyring": self.keyring} | options
        return check_image(
            self.store, given.pop("actor", self.examiner), given.pop("keyring"), path, checker=self.checker,
            context=CONTEXT, **given,
        )  # fmt: skip

    def qualify(self, genuine: list[Path], copies: list[Path], **options):
        """Qualify a press on pictures."""
        given = {"name": "Press", "scanner": "Blur", "printer": "Blur", "simulated": True} | options
        return qualify(
            self.store, given.pop("actor", self.producer), self.series.id, given.pop("keyring", self.keyring), genuine,
            copies, checker=self.checker, context=CONTEXT, **given,
        )  # fmt: skip

    def qualified(self, **options):
        """Qualify on six codes of each kind; the copies are of the same codes."""
        return self.qualify([self.picture(*self.ids[:6])], [self.picture(*self.ids[:6], sigma=COPY)], **options)


def make_codes(folder: Path, checker: CodeChecker, *, scheme: Scheme = Scheme.ORDERED) -> Codes:
    """Create the store with a series of version 2 and twelve issued IDs."""
    store = create_store(folder / "lab.touchstone", laboratory="Laboratory", administrator="Head")
    head = store.actors()[0]
    producer = add_actor(store, head, "Producer", Role.PRODUCER)
    examiner = add_actor(store, head, "Examiner", Role.EXAMINER)
    series = make_series(
        store, producer, "Tests", scheme=scheme, passphrase=PASSPHRASE, version=2, key=bytes(range(32)), context=CONTEXT
    )
    keyring = Keyring()
    keyring.unlock(store, series.id, PASSPHRASE)
    ids = issue_ids(store, producer, series.id, keyring, count=12, context=CONTEXT).product_ids
    return Codes(folder, store, producer, examiner, series, keyring, tuple(ids), checker)
