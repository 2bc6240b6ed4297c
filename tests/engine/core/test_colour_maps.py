import cv2
import numpy as np
import pytest

from engine.core.colour_maps import NAMES, lookup
from engine.core.errors import InputError


@pytest.mark.parametrize(("name", "published"), [("cividis", cv2.COLORMAP_CIVIDIS), ("viridis", cv2.COLORMAP_VIRIDIS)])
def test_tables_agree_with_the_published_ones(name, published):
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[None], published)[0, :, ::-1]
    assert np.abs(lookup(name).astype(int) - table).max() <= 4


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_256_read_only_rgb_rows(name):
    table = lookup(name)
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert not table.flags.writeable


def test_sequential_maps_rise_in_lightness_and_the_diverging_one_is_lightest_in_the_middle():
    weights = np.array([0.2126, 0.7152, 0.0722])
    for name in ("cividis", "viridis"):
        assert (np.diff(lookup(name) @ weights) > -1).all()
    lightness = lookup("diverging") @ weights
    assert 120 <= lightness.argmax() <= 135
    assert abs(lightness[0] - lightness[-1]) < 10


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="rainbow"):
        lookup("rainbow")
