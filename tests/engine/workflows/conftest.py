"""A store with an open case, and small files to take in."""

import cv2
import numpy as np
import pytest

from engine.core.case import Role, Standing
from engine.core.seeds import generator
from engine.workflows.cases import add_actor, add_item, open_case
from engine.workflows.stores import create_store


@pytest.fixture
def store(tmp_path):
    with create_store(tmp_path / "lab.touchstone", laboratory="Laboratory", administrator="Head") as store:
        yield store


@pytest.fixture
def examiner(store):
    return add_actor(store, store.actors()[0], "Examiner", Role.EXAMINER)


@pytest.fixture
def case(store, examiner):
    return open_case(store, examiner, "Case", reference="C-1")


@pytest.fixture
def item(store, examiner, case):
    return add_item(store, examiner, case.id, "Q1", Standing.QUESTIONED)


@pytest.fixture
def write_png(tmp_path):
    """Write a small grey capture of seeded noise; the same number gives the same file."""

    def write(number: int, size: int = 64):
        path = tmp_path / f"capture-{number:03d}.png"
        noise = generator(number, "capture").integers(0, 256, (size, size)).astype(np.uint8)
        cv2.imwrite(str(path), noise)
        return path

    return write
