"""Registration finds known transforms without bias, and refuses where there is nothing to find."""

import cv2
import numpy as np
import pytest

from engine.core.pixels import apply_matrix
from engine.core.seeds import generator
from engine.imaging.refine import grey, light, resized
from engine.imaging.registration import Outcome, register
from engine.jobs import JobContext


def texture(seed: int, side: int = 420) -> np.ndarray:
    """Return random structure of several sizes, float32 0..255, periodic in both directions."""
    random = generator(seed, "texture")
    noise = random.standard_normal((side, side)).astype(np.float32)
    image = sum(
        cv2.GaussianBlur(noise, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) * sigma for sigma in (1.5, 3.0, 6.0)
    )
    return np.clip(128 + 60 * image / image.std(), 0, 255).astype(np.float32)


def warped(image: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the image as a capture whose pixels lie at matrix^-1 in the image."""
    return np.rint(cv2.warpAffine(image, matrix[:2], size, flags=cv2.INTER_CUBIC)).astype(np.uint8)


def similarity(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.radians(angle)
    matrix = np.eye(3)
    matrix[:2, :2] = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:2, 2] = shift
    return matrix


def errors(found: np.ndarray, truth: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    y, x = np.mgrid[0 : shape[0] : 20, 0 : shape[1] : 20]
    points = np.stack([x.ravel(), y.ravel()], axis=1).astype(float)
    return apply_matrix(found, points) - apply_matrix(truth, points)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.5), (3.25, -7.6)])
def test_a_known_shift_is_found_without_bias(shift):
    image = texture(1)
    truth = similarity(0.0, 1.0, shift)
    result = register(
        image.astype(np.uint8), warped(image, truth, (420, 420)), um_per_px=(10.0, 10.0), context=JobContext()
    )
    assert result.outcome is Outcome.REGISTERED
    assert np.abs(errors(result.transform.array(), truth, image.shape).mean(axis=0)).max() < 0.05


@pytest.mark.parametrize("angle", [7.0, 123.0, 271.0])
@pytest.mark.parametrize("scales", [(10.0, 10.0), None])
def test_a_known_rotation_is_found_with_and_without_scales(angle, scales):
    image = texture(2)
    truth = similarity(angle, 1.0, (0, 0))
    truth[:2, 2] = [209.5, 209.5] - truth[:2, :2] @ [209.5, 209.5]
    result = register(image.astype(np.uint8), warped(image, truth, (420, 420)), um_per_px=scales, context=JobContext())
    assert result.outcome is Outcome.REGISTERED
    assert np.hypot(*errors(result.transform.array(), truth, image.shape).T).max() < 0.5
    assert result.residual_px < 0.3


def test_a_fine_capture_of_a_part_is_found_in_a_coarse_whole():
    whole = cv2.resize(texture(3), (1680, 1680), interpolation=cv2.INTER_CUBIC)
    part = np.rint(whole[500:1100, 300:1100]).clip(0, 255).astype(np.uint8)
    coarse = np.rint(cv2.resize(whole, (210, 210), interpolation=cv2.INTER_AREA)).clip(0, 255).astype(np.uint8)
    truth = np.array([[0.125, 0, (300 + 0.5) / 8 - 0.5], [0, 0.125, (500 + 0.5) / 8 - 0.5], [0, 0, 1]])
    for questioned, known, scales, expected in (
        (part, coarse, (5.0, 40.0), truth),
        (coarse, part, (40.0, 5.0), np.linalg.inv(truth)),
    ):
        result = register(questioned, known, um_per_px=scales, context=JobContext())
        assert result.outcome is Outcome.REGISTERED
        corners = (
            np.array([[300 / 8, 500 / 8], [130, 130]]) if questioned is coarse else np.array([[0, 0], [799, 599.0]])
        )
        away = apply_matrix(result.transform.array(), corners) - apply_matrix(expected, corners)
        assert np.abs(away).max() * scales[1] < 10


def test_light_reduced_strip_by_strip_is_the_light_reduced_at_once():
    pixels = np.dstack([texture(seed, 420).astype(np.uint8) for seed in (1, 2, 3)])[:411, :405]
    image, matrix = light(pixels, 0.25)
    at_once, expected = resized(grey(np.ascontiguousarray(pixels[:408, :404])), 0.25)
    assert np.allclose(matrix, expected)
    assert np.allclose(image, at_once, atol=1e-5)
    image, matrix = light(pixels, 1.0)
    assert np.array_equal(image, grey(pixels))
    assert np.array_equal(matrix, np.eye(3))


def test_sixteen_bit_captures_are_registered_like_eight_bit_ones():
    image = texture(12)
    other = warped(image, similarity(5, 1.0, (12, 8)), (420, 420))
    deep = [(capture.astype(np.uint16) * 257) for capture in (image.astype(np.uint8), other)]
    result = register(*deep, um_per_px=(10.0, 10.0), context=JobContext())
    plain = register(image.astype(np.uint8), other, um_per_px=(10.0, 10.0), context=JobContext())
    assert result.outcome is Outcome.REGISTERED
    assert np.allclose(result.transform.array(), plain.transform.array(), atol=1e-3)


def test_unlike_captures_are_refused():
    result = register(
        texture(4).astype(np.uint8), texture(5).astype(np.uint8), um_per_px=(10.0, 10.0), context=JobContext()
    )
    assert result.outcome is Outcome.NOT_REGISTRABLE
    assert result.transform is None
    assert result.correspondences == ()


def test_a_mirrored_capture_is_refused():
    image = texture(6).astype(np.uint8)
    result = register(image, np.ascontiguousarray(image[:, ::-1]), um_per_px=(10.0, 10.0), context=JobContext())
    assert result.outcome is Outcome.NOT_REGISTRABLE


def test_a_periodic_pattern_is_ambiguous():
    tile = texture(7, 60)
    wide = np.tile(tile, (8, 8)).astype(np.uint8)
    result = register(wide[100:300, 130:330], wide, um_per_px=(10.0, 10.0), context=JobContext())
    assert result.outcome is Outcome.AMBIGUOUS
    assert result.transform is None


@pytest.mark.parametrize("flat", [np.full((200, 200), 90, np.uint8), np.zeros((64, 64, 3), np.uint8)])
def test_captures_without_structure_are_refused(flat):
    result = register(flat, texture(8).astype(np.uint8), um_per_px=(10.0, 10.0), context=JobContext())
    assert result.outcome is Outcome.NOT_REGISTRABLE


def test_the_same_captures_give_the_same_answer():
    image = texture(9)
    other = warped(image, similarity(20, 1.0, (30, -20)), (420, 420))
    first, second = (register(image.astype(np.uint8), other, um_per_px=None, context=JobContext()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("first", "second"), [("03", "03_rep"), ("05", "05_rep")])
def test_a_real_token_imaged_twice_is_registered_to_a_pixel(real_data, first, second):
    images = [cv2.imread(str(real_data / "mycoiris" / f"{name}.png")) for name in (first, second)]
    result = register(*images, context=JobContext())
    assert result.outcome is Outcome.REGISTERED
    assert result.residual_px <= 1.0
    assert sum(point.held_out for point in result.correspondences) >= 12


@pytest.mark.parametrize(("first", "second"), [("03", "05"), ("03", "05_rep")])
def test_real_tokens_of_two_colonies_are_refused(real_data, first, second):
    images = [cv2.imread(str(real_data / "mycoiris" / f"{name}.png")) for name in (first, second)]
    result = register(*images, context=JobContext())
    assert result.outcome is Outcome.NOT_REGISTRABLE
