import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.seeds import generator
from engine.imaging.quality import QualityMeter, measure_focus, measure_quality


def paper(shape=(300, 400), sigma=3.0, level=128.0):
    return np.clip(np.round(generator(1, "paper").normal(level, sigma, shape)), 0, 255).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 119), max_size=6), st.booleans(), st.booleans())
def test_the_figures_do_not_depend_on_how_the_image_was_cut(cuts, colour, deep):
    shape = (120, 70, 3) if colour else (120, 70)
    pixels = generator(2, "cuts").integers(0, 256, shape).astype(np.uint16 if deep else np.uint8) * (257 if deep else 1)
    pixels = pixels.astype(np.uint16 if deep else np.uint8)
    meter = QualityMeter()
    for band in np.split(pixels, sorted(set(cuts))):
        meter.add(band)
    whole, parts = measure_quality(pixels), meter.result()
    assert parts.focus == pytest.approx(whole.focus, rel=1e-9)
    assert (parts.noise, parts.clipped_low, parts.clipped_high) == (whole.noise, whole.clipped_low, whole.clipped_high)


def test_focus_is_the_variance_of_the_laplacian_by_its_definition():
    grey = generator(3, "focus").integers(0, 256, (20, 30)).astype(np.uint8)
    g = grey / 255
    laplacian = g[:-2, 1:-1] + g[2:, 1:-1] + g[1:-1, :-2] + g[1:-1, 2:] - 4 * g[1:-1, 1:-1]
    assert measure_quality(grey).focus == pytest.approx(laplacian.var(), rel=1e-6)
    assert measure_quality(grey.astype(np.uint16) * 257).focus == pytest.approx(laplacian.var(), rel=1e-5)


@pytest.mark.parametrize("shape", [(1, 9), (3, 3), (40, 61)])
def test_focus_alone_is_that_of_all_figures(shape):
    grey = generator(8, "alone").integers(0, 256, shape).astype(np.uint8)
    assert measure_focus(grey) == measure_quality(grey).focus


@pytest.mark.parametrize("sigma", [0.7, 1.5, 3.0, 10.0])
def test_noise_is_found_within_a_tenth(sigma):
    assert measure_quality(paper(sigma=sigma)).noise * 255 == pytest.approx(np.hypot(sigma, 0.29), rel=0.1)


def test_noise_of_a_16_bit_image_is_a_share_of_its_range():
    deep = np.clip(generator(4, "deep").normal(30000, 300, (300, 300)), 0, 65535).astype(np.uint16)
    assert measure_quality(deep).noise == pytest.approx(300 / 65535, rel=0.05)


def test_edges_hardly_count_as_noise():
    squares = np.kron(generator(5, "squares").integers(0, 2, (20, 20)) * 100 + 60, np.ones((16, 16)))
    noisy = np.round(squares + generator(5, "noise").normal(0, 2, squares.shape)).astype(np.uint8)
    assert measure_quality(noisy).noise * 255 == pytest.approx(2, rel=0.3)


def test_blur_lowers_focus():
    import cv2

    sharp = np.kron(generator(6, "sharp").integers(0, 2, (20, 20)) * 200, np.ones((8, 8))).astype(np.uint8)
    figures = [measure_quality(np.asarray(cv2.GaussianBlur(sharp, (0, 0), s))).focus for s in (0.5, 1.0, 2.0)]
    assert figures == sorted(figures, reverse=True)


def test_clipping_counts_samples_of_all_channels():
    pixels = np.full((10, 10, 3), 100, np.uint8)
    pixels[:5, :, 0] = 255
    pixels[0, 0] = 0
    figures = measure_quality(pixels)
    assert figures.clipped_high == pytest.approx(49 / 300)
    assert figures.clipped_low == pytest.approx(3 / 300)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (9, 2), (3, 3), (1, 500, 3)])
def test_tiny_and_constant_images_have_figures(shape):
    figures = measure_quality(np.full(shape, 7, np.uint8))
    assert (figures.focus, figures.noise, figures.clipped_low, figures.clipped_high) == (0, 0, 0, 0)
