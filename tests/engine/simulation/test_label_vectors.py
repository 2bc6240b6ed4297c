import numpy as np
import pytest

from engine.jobs import Cancelled, JobContext
from engine.simulation import label_vectors as module
from engine.simulation.label_vectors import DIMENSIONS, SimulatedLabels


def filled(simulated: SimulatedLabels) -> np.ndarray:
    target = np.zeros((simulated.count, DIMENSIONS), np.float32)
    simulated.fill(target, JobContext())
    return target


def test_vectors_have_length_one_and_depend_on_the_seed_alone():
    vectors = filled(SimulatedLabels(300, 3))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(900), abs=1e-5)
    assert (vectors == filled(SimulatedLabels(300, 3))).all()
    assert not (vectors == filled(SimulatedLabels(300, 3, seed=1))).any()


def test_variants_of_a_label_are_alike_and_labels_of_a_class_more_alike_than_others():
    simulated = SimulatedLabels(200, 4)
    alike = filled(simulated).reshape(200, 4, DIMENSIONS)
    own = np.einsum("nid,njd->nij", alike, alike)[:, 0, 1]
    assert np.median(own) == pytest.approx(0.93**2, abs=0.02)
    products = alike[:, 0] @ alike[:, 0].T
    classes = simulated.classes()
    same = (classes[:, None] == classes) & ~np.eye(200, dtype=bool)
    assert products[same].mean() > 0.1 > products[classes[:, None] != classes].mean()


@pytest.mark.parametrize("variants", [1, 3])
def test_a_fresh_capture_is_most_like_its_label_and_a_strangers_like_none(variants, monkeypatch):
    """Blocks smaller than the library: a label of a later block must be asked for by its own vector."""
    monkeypatch.setattr(module, "BLOCK", 70)
    simulated = SimulatedLabels(200, variants)
    asked = simulated.questions(150, 100)
    products = asked.vectors @ filled(simulated).T
    assert (products[:150].argmax(axis=1) // variants == asked.labels[:150]).all()
    assert (asked.classes[:150] == simulated.classes()[asked.labels[:150]]).all()
    assert (asked.labels[150:] == -1).all()
    assert np.median(products[150:].max(axis=1)) < 0.5 < np.median(products[:150].max(axis=1))


@pytest.mark.parametrize(
    ("strength", "measured"), [("middle", [0.957, 0.9806, 0.9901, 0.9951]), ("strong", [0.878, 0.937, 0.958, 0.973])]
)
def test_a_fresh_capture_is_as_like_its_label_as_measured(strength, measured):
    """Measured: captures of simulated labels under the weights that ship, 5, 25, 50 and 75 %."""
    simulated = SimulatedLabels(500)
    asked = simulated.questions(4000, 0, strength)
    found = np.einsum("ij,ij->i", asked.vectors, filled(simulated)[asked.labels])
    assert np.quantile(found, [0.05, 0.25, 0.5, 0.75]) == pytest.approx(measured, abs=0.006)


def test_labels_lie_among_one_another_as_measured():
    """Measured: 10,000 simulated labels under the weights that ship; the nearest other label, 1, 50 and 99 %."""
    simulated = SimulatedLabels(10_000)
    vectors, classes = filled(simulated), simulated.classes()
    rows = np.arange(0, 10_000, 10)
    products = vectors[rows] @ vectors.T
    products[np.arange(1000), rows] = -1
    assert np.quantile(products.max(axis=1), [0.01, 0.5, 0.99]) == pytest.approx([0.398, 0.471, 0.571], abs=0.02)
    same = classes[rows][:, None] == classes
    same[np.arange(1000), rows] = False
    assert products[same].mean() == pytest.approx(0.168, abs=0.01)
    assert products[same].std() == pytest.approx(0.114, abs=0.01)


def test_making_vectors_can_be_cancelled():
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        SimulatedLabels(10).fill(np.zeros((10, DIMENSIONS), np.float32), context)
