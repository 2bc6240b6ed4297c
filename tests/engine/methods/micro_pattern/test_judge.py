"""The judge that came with the program: labels are labels, everything else a rectangle may enclose is not."""

import subprocess
import sys

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.methods.micro_pattern.contours import KINDS, TEST_SEEDS, ContourKind, field_contours, joined
from engine.methods.micro_pattern.judge import ACCEPTED, AT_ONCE, SHIPPED, Judge, patches, shipped_judge
from engine.methods.micro_pattern.preparation import prepared
from engine.methods.micro_pattern.segmentation import LabelState, segment
from engine.nn.cards import load_card, load_weights
from engine.simulation.fluorescence import STRENGTHS
from engine.simulation.label_fields import label_field


@pytest.fixture(scope="module")
def seen():
    return joined([field_contours(TEST_SEEDS + 910_000 + number, 1, 64) for number in range(2)])


def form(width: int = 8) -> np.ndarray:
    """Return a page with twelve squares drawn on it, as regular as any array of labels."""
    page = np.full((1440, 1920), 190, dtype=np.uint8)
    for row in range(3):
        for column in range(4):
            x, y = 130 + 440 * column, 110 + 440 * row
            page[y : y + 340, x : x + 340] = 40
            page[y + width : y + 340 - width, x + width : x + 340 - width] = 190
    noise = np.random.default_rng(3).normal(0, 2, page.shape)
    return np.clip(page + noise, 0, 255).astype(np.uint8)


def test_labels_of_films_never_seen_are_accepted_and_nothing_else_is(seen):
    accepted = shipped_judge().probabilities(seen.patches) >= ACCEPTED
    assert accepted[seen.labels].mean() >= 0.97
    for number, kind in enumerate(KINDS):
        own = seen.kinds == number
        if kind is not ContourKind.LABEL and own.any():
            assert accepted[own].mean() <= 0.1, kind
    assert accepted[~seen.labels].mean() <= 0.03


def test_squares_on_a_form_are_named_and_not_cut_out():
    page = form()
    assert len(segment(page).found) == 12
    judged = segment(page, judge=shipped_judge())
    assert not judged.found
    assert [place.state for place in judged.places] == [LabelState.NO_LABEL] * 12
    assert all(place.corners is not None for place in judged.places)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_labels_of_a_field_stay_found(strength):
    field = label_field(TEST_SEEDS + 920_000, STRENGTHS[strength])
    before, judged = segment(field.pixels), segment(field.pixels, judge=shipped_judge())
    assert [place.state for place in judged.places] == [place.state for place in before.places]


def test_what_is_told_of_a_patch_does_not_depend_on_the_others(seen):
    judge, some = shipped_judge(), seen.patches[: 2 * AT_ONCE + 5]
    together = judge.probabilities(some)
    alone = np.concatenate([judge.probabilities(patch[None]) for patch in some])
    assert together.shape == (len(some),)
    assert np.abs(together - alone).max() < 1e-5
    assert len(judge.probabilities(some[:0])) == 0


def test_torch_agrees_within_the_tolerance_of_the_card(seen):
    import torch

    from engine.nn.resnet import resnet

    judge = shipped_judge()
    network = resnet(judge.card.network, seed=0)
    weights = {name: torch.from_numpy(value) for name, value in load_weights(SHIPPED, judge.card).items()}
    network.load_state_dict(weights, strict=False)
    network.eval()
    some = seen.patches[::7]
    with torch.no_grad():
        logits = network(torch.from_numpy(prepared(some, "local contrast", 1)))[1]
    reference = logits.softmax(dim=1)[:, 1].numpy()
    assert np.abs(judge.probabilities(some) - reference).max() < judge.card.tolerance


def test_a_rectangle_is_seen_upright_with_a_margin():
    page = np.zeros((400, 500), dtype=np.uint8)
    angle, centre = np.deg2rad(20), np.array([250.0, 200.0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    quad = centre + 60 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ turn
    import cv2

    cv2.fillConvexPoly(page, np.rint(quad).astype(np.int32), 255)
    patch = patches(page, quad[None], 72)[0]  # the square takes 60 of 72 px
    assert patch[8:-8, 8:-8].min() == 255
    assert patch[:4].max() == patch[-4:].max() == patch[:, :4].max() == patch[:, -4:].max() == 0


def test_fine_lines_count_in_large_rectangles_by_their_share():
    page = np.full((1300, 1300), 200, dtype=np.uint8)
    page[::4] = 0  # a quarter of the area: a patch that skips rows would show stripes
    quad = np.array([[[100.0, 100.0], [1200.0, 100.0], [1200.0, 1200.0], [100.0, 1200.0]]])
    patch = patches(page, quad, 64)[0].astype(float)
    assert abs(patch.mean() - 150) < 5 and patch.std() < 12


def test_weights_of_something_else_are_refused():
    card = load_card(SHIPPED)
    weights = load_weights(SHIPPED, card)
    for change in ({"method": "micro-pattern"}, {"preparation_version": "0"}, {"preparing": "published"}):
        with pytest.raises(ModelError, match="not a contour judge's"):
            Judge(card.model_copy(update=change), weights)


def test_the_weights_are_small_and_the_card_tells_how_the_judge_does():
    card = load_card(SHIPPED)
    assert sum(part.byte_size for part in card.parts) < 2_000_000
    assert card.simulated and {figure.name.split(": ")[1] for figure in card.figures} >= {"label", "two labels"}


def test_nothing_heavy_is_loaded_before_a_field_is_judged():
    code = "import sys, engine.workflows.labels.fields; sys.exit('openvino' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
