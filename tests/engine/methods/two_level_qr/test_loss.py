"""Loss in one place is told from loss everywhere."""

import numpy as np
import pytest

from engine.core.seeds import generator
from engine.methods.two_level_qr.loss import LossPattern, levelled, pattern_of_loss


def modules(seed: int, mean: float) -> np.ndarray:
    random = generator(seed, "modules")
    values = mean + 0.08 * random.standard_normal((33, 33))
    values[random.random((33, 33)) < 0.6] = np.nan
    return values


@pytest.mark.parametrize("mean", [0.33, 0.24])
def test_even_loss_is_uniform_in_nearly_every_code(mean):
    found = [pattern_of_loss(modules(seed + round(1000 * mean), mean), seed=seed) for seed in range(12)]
    local = [loss for loss in found if loss.pattern is LossPattern.LOCAL]
    assert len(local) <= 1
    assert all((loss.share > 0) == (loss in local) for loss in found)


def test_a_scratch_is_local_and_found_where_it_is():
    values = modules(3, 0.33)
    scratched = np.zeros_like(values, dtype=bool)
    scratched[12:18, 4:30] = True
    values[scratched & ~np.isnan(values)] = 0.02
    found = pattern_of_loss(values, seed=1)
    assert found.pattern is LossPattern.LOCAL
    assert found.probability <= 0.01
    hit = found.lost & scratched
    assert hit.sum() > 0.6 * (scratched & ~np.isnan(values)).sum()
    assert hit.sum() > 0.8 * found.lost.sum()
    assert found.share == pytest.approx(found.lost.sum() / (~np.isnan(values)).sum())


def test_the_same_low_modules_strewn_about_are_uniform():
    values = modules(4, 0.33)
    own = np.flatnonzero(~np.isnan(values))
    values.ravel()[generator(4, "strewn").permutation(own)[: len(own) // 6]] = 0.02
    assert pattern_of_loss(values, seed=1).pattern is LossPattern.UNIFORM


def test_a_map_without_modules_or_with_too_few_says_nothing():
    values = np.full((21, 21), np.nan)
    assert pattern_of_loss(values, seed=1).pattern is LossPattern.UNIFORM
    values[3, 3] = 0.0
    assert pattern_of_loss(values, seed=1).probability == 1.0


def test_levelling_takes_away_what_patterns_differ_in_and_nothing_else():
    random = generator(5, "classes")
    classes = random.integers(0, 3, 300)
    noise = 0.05 * random.standard_normal(300)
    values = np.array([0.2, 0.3, 0.4])[classes] + noise
    found = levelled(values, classes)
    assert found.std() < 0.06
    assert np.corrcoef(found, noise)[0, 1] > 0.97
    assert levelled(values[:6], np.arange(6)) == pytest.approx(values[:6])
