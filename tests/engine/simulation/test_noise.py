"""Fields that are fixed in micrometres look the same from every grid."""

import numpy as np
import pytest

from engine.simulation.noise import Grid, NoiseField, scattered_points, stamp_discs, white_lattice


def grid(height, width, pitch, *, origin=(0.0, 0.0), angle=0.0):
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.eye(3)
    matrix[:2, :2] = pitch * np.array([[cosine, sine], [-sine, cosine]])
    matrix[:2, 2] = origin
    return Grid(height, width, matrix)


def test_lattice_is_the_same_from_every_window():
    whole = white_lattice(1, ("a",), -140, -10, 300, 280)
    part = white_lattice(1, ("a",), -3, 100, 20, 40)
    assert np.array_equal(part, whole[137:157, 110:150])
    assert abs(whole.mean()) < 0.02
    assert whole.std() == pytest.approx(1, abs=0.02)
    assert not np.array_equal(whole, white_lattice(2, ("a",), -140, -10, 300, 280))
    assert not np.array_equal(whole, white_lattice(1, ("b",), -140, -10, 300, 280))


@pytest.mark.parametrize("pitch", [0.7, 2.0, 5.0, 9.0])
def test_field_has_unit_variance_and_its_stated_correlation(pitch):
    sigma = 10.0
    values = NoiseField(3, ("x",), (sigma, sigma)).render(grid(800, 800, pitch))
    assert values.mean() == pytest.approx(0, abs=0.15)
    assert values.std() == pytest.approx(1, abs=0.06)
    lag = round(2 * sigma / pitch)
    expected = np.exp(-((lag * pitch) ** 2) / (4 * sigma**2))
    for one, other in ((values[:, lag:], values[:, :-lag]), (values[lag:], values[:-lag])):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(expected, abs=0.06)


def test_field_is_the_same_at_another_pitch_and_rotation():
    texture = NoiseField(3, ("x",), (60.0, 20.0), angle=0.4)
    fine = texture.render(grid(401, 401, 2.0))
    coarse = texture.render(grid(41, 41, 20.0))
    assert np.abs(fine[::10, ::10] - coarse).max() < 0.12
    # turned by a right angle about the origin: x of the one grid runs along -y of the other
    turned = texture.render(grid(401, 401, 2.0, origin=(0.0, 800.0), angle=np.pi / 2))
    assert np.abs(np.rot90(fine, -1) - turned).max() < 0.12


def test_elongated_field_is_longer_along_its_angle():
    values = NoiseField(3, ("x",), (80.0, 10.0)).render(grid(400, 400, 5.0))
    along = np.corrcoef(values[:, 6:].ravel(), values[:, :-6].ravel())[0, 1]
    across = np.corrcoef(values[6:].ravel(), values[:-6].ravel())[0, 1]
    assert along > 0.9
    assert across < 0.3


def test_refining_a_plane_gives_the_plane():
    fine = grid(37, 50, 1.0)
    coarse = fine.coarse(4)
    x, y = np.meshgrid(np.arange(coarse.width), np.arange(coarse.height))
    at = np.stack([x, y, np.ones_like(x)], axis=-1) @ coarse.to_um.T
    plane = (2 * at[..., 0] - at[..., 1]).astype(np.float32)
    fine_y, fine_x = np.mgrid[0:37, 0:50]
    assert np.abs(fine.refine(plane, 4) - (2 * fine_x - fine_y)).max() < 1e-4


def test_points_have_the_density_and_are_the_same_from_every_window():
    wide = scattered_points(1, ("p",), 50, (-3000, -3000, 3000, 3000))
    assert len(wide) == pytest.approx(50 * 36, abs=5 * (50 * 36) ** 0.5)
    narrow = scattered_points(1, ("p",), 50, (-500, 200, 900, 700))
    inside = (wide[:, 0] >= -500) & (wide[:, 0] <= 900) & (wide[:, 1] >= 200) & (wide[:, 1] <= 700)
    assert np.array_equal(narrow, wide[inside])


@pytest.mark.parametrize("pitch", [1.0, 4.0, 15.0, 40.0])
def test_a_disc_keeps_its_area_at_every_pitch(pitch):
    cells = round(400 / pitch)
    cover = stamp_discs(grid(cells, cells, pitch), np.array([[203.0, 191.0]]), np.array([8.0]))
    assert cover.sum() * pitch**2 == pytest.approx(np.pi * 64, rel=0.2)
    y, x = np.mgrid[0:cells, 0:cells] * pitch
    assert np.average(x, weights=cover) == pytest.approx(203, abs=0.02 * pitch + 0.1)
    assert np.average(y, weights=cover) == pytest.approx(191, abs=0.02 * pitch + 0.1)


def test_discs_beyond_the_edge_are_cut():
    cover = stamp_discs(grid(10, 10, 1.0), np.array([[-1.0, 5.0], [400.0, 5.0]]), np.array([3.0, 3.0]))
    assert cover[5, 0] > 0.5
    assert cover[:, 6:].max() == 0
