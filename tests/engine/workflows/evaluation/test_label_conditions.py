"""Damage covers the share that it says, and effects are as many times as strong as they say."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.simulation.fluorescence import MIDDLE, WEAK
from engine.workflows.evaluation.label_captures import piece
from engine.workflows.evaluation.label_conditions import CONDITIONS, SHARES, condition


@pytest.mark.parametrize("kind", ["dirty", "scratched"])
def test_damage_covers_its_share_of_the_label(kind):
    film = piece(30_000_001, 3)
    rim = round(film.size_um[0] - film.settings.frame_um)
    for share in (0.2, 0.6):
        worn = condition(f"{kind} {share}").worn(film, 5)
        covered = worn.emission < 0.93 * film.emission
        assert share - 0.06 < covered[rim:-rim, rim:-rim].mean() < share + 0.12
        assert (worn.emission <= film.emission * 1.001).all()


def test_damage_is_its_seeds_and_none_is_none():
    film = piece(30_000_002, 3)
    how = condition("dirty 0.3")
    first, again, other = (how.worn(film, seed).emission for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert condition("dirty 0.0").worn(film, 5) is film
    assert condition("noise x3").worn(film, 5) is film


def test_effects_are_multiples_of_the_middle_strength():
    assert condition("defocus x3").settings.defocus_um == 3 * MIDDLE.defocus_um
    assert condition("noise x0.5").settings.read_noise == 0.5 * MIDDLE.read_noise
    assert condition("bleaching x1").settings == MIDDLE
    assert condition("weak").settings == WEAK
    assert condition("scratched 0.5").settings.scratches_per_mm2 == 0


def test_conditions_are_named_once_and_an_unknown_one_is_refused():
    assert len(CONDITIONS) == 3 + 2 * len(SHARES) + 3 * 5
    with pytest.raises(InputError, match="telepathy"):
        condition("telepathy x2")
