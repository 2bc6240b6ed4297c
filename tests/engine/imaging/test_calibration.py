import cv2
import numpy as np
import pytest
import segno

from engine.core.case import ScaleSource
from engine.core.errors import Cancelled, ImagingError, InputError
from engine.core.seeds import generator
from engine.imaging.calibration import TargetKind, calibrate
from engine.jobs import JobContext

FINE = 3


def target(kind, pitch, *, angle=0.0, shape=(420, 560), blur=0.8, noise=2.0, line=0.15, seed=0, **more):
    """Draw a target, sampled 3 x 3 times a pixel; ``pitch`` is (x, y) in pixels per mesh."""
    total = np.zeros(shape, np.float32)
    turn = np.deg2rad(angle)
    for part in range(FINE * FINE):
        y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64)
        x += (part % FINE + 0.5) / FINE - 0.5 - shape[1] / 2 + 3.3
        y += (part // FINE + 0.5) / FINE - 0.5 - shape[0] / 2 - 1.7
        bend = 1 + more.get("distortion", 0.0) * (x**2 + y**2) / (shape[1] / 2) ** 2
        u, v = x * bend / pitch[0], y * bend / pitch[1]
        i, j = np.cos(turn) * u + np.sin(turn) * v, -np.sin(turn) * u + np.cos(turn) * v
        if kind is TargetKind.CHESSBOARD:
            dark = (np.floor(i) + np.floor(j)) % 2 == 0
        else:
            dark = (abs(i - np.round(i)) < line / 2) | (abs(j - np.round(j)) < line / 2)
        if "extent" in more:
            dark &= (abs(i) < more["extent"]) & (abs(j) < more["extent"])
        total += np.where(dark, 40, 210) if not more.get("inverted") else np.where(dark, 210, 40)
    blurred = cv2.GaussianBlur(total / FINE**2, (0, 0), blur)
    noisy = blurred + generator(seed, "target").normal(0, noise, shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def measure(pixels, pitch_um=100.0, **options):
    return calibrate(pixels, pitch_um=pitch_um, context=JobContext(), **options)


CASES = [
    (TargetKind.CHESSBOARD, (10.0, 10.0), 4.0, {}),
    (TargetKind.CHESSBOARD, (23.6, 23.9), -31.0, {"blur": 2.0}),
    (TargetKind.CHESSBOARD, (60.0, 59.0), 45.0, {"noise": 8.0, "inverted": True}),
    (TargetKind.CHESSBOARD, (25.0, 25.0), 12.0, {"extent": 6}),
    (TargetKind.LINE_GRID, (16.0, 16.0), 0.0, {}),
    (TargetKind.LINE_GRID, (27.0, 27.5), -42.0, {"blur": 2.5}),
    (TargetKind.LINE_GRID, (47.0, 46.0), 20.0, {"line": 0.25, "inverted": True}),
    (TargetKind.LINE_GRID, (75.0, 75.0), 7.0, {"line": 0.08, "noise": 6.0}),
]


@pytest.mark.parametrize(("kind", "pitch", "angle", "more"), CASES)
def test_the_scale_of_a_target_is_right_within_its_uncertainty(kind, pitch, angle, more):
    result = measure(target(kind, pitch, angle=angle, **more), pitch_relative_uncertainty=0.0)
    errors = [
        result.scale.um_per_px_x * pitch[0] / 100 - 1,
        result.scale.um_per_px_y * pitch[1] / 100 - 1,
    ]
    assert result.kind is kind
    assert max(map(abs, errors)) < 1e-4
    assert max(map(abs, errors)) < 4 * result.scale.relative_uncertainty + 2e-5
    assert result.scale.relative_uncertainty < 1e-3
    assert result.scale.source is ScaleSource.CALIBRATION_TARGET
    assert result.residual_px < 0.2
    assert result.pitch_px == pytest.approx(np.sqrt(pitch[0] * pitch[1]), rel=1e-3)
    assert abs((result.angle_deg - angle + 45) % 90 - 45) < 1


def test_16_bit_and_colour_give_the_same_scale():
    grey = target(TargetKind.CHESSBOARD, (20.0, 20.0), angle=10)
    expected = measure(grey).scale
    for pixels in (grey.astype(np.uint16) * 257, np.dstack([grey] * 3)):
        assert measure(pixels).scale.um_per_px == pytest.approx(expected.um_per_px, rel=1e-6)


def test_the_uncertainty_of_the_pitch_is_part_of_the_result():
    pixels = target(TargetKind.CHESSBOARD, (20.0, 20.0))
    assert measure(pixels).scale.relative_uncertainty == pytest.approx(0.001, rel=0.05)
    assert measure(pixels, pitch_relative_uncertainty=0.02).scale.relative_uncertainty == pytest.approx(0.02, rel=0.01)


def test_distortion_widens_the_uncertainty():
    straight, bent = (
        measure(target(TargetKind.CHESSBOARD, (20.0, 20.0), distortion=d), pitch_relative_uncertainty=0.0)
        for d in (0.0, 0.004)
    )
    assert bent.scale.relative_uncertainty > 5 * straight.scale.relative_uncertainty
    assert bent.scale.um_per_px_x * 20 / 100 == pytest.approx(1, abs=0.01)


def code(scale):
    modules = np.array([list(row) for row in segno.make("item " * 20, micro=False).matrix], np.uint8)
    return cv2.GaussianBlur(np.kron(255 - modules * 200, np.ones((scale, scale))).astype(np.uint8), (0, 0), 1)


def pattern(name, pitch):
    y, x = np.mgrid[0:480, 0:480]
    shapes = {
        "dots": np.hypot(x % pitch - pitch / 2, y % pitch - pitch / 2) < 0.3 * pitch,
        "stripes": x // pitch % 2 == 1,
        "bricks": (y % pitch < 3) | ((x + y // pitch % 2 * pitch // 2) % pitch < 3),
        "oblong grid": (y % (pitch * 3 // 2) < 3) | (x % pitch < 3),
        "sheared chessboard": ((x + y // 6) // pitch + y // pitch) % 2 == 1,
    }
    return np.where(shapes[name], 40, 210).astype(np.uint8)


@pytest.mark.parametrize("scale", [6, 12, 24])
def test_a_printed_code_is_no_target(scale):
    with pytest.raises(ImagingError, match="No calibration target"):
        measure(code(scale))


@pytest.mark.parametrize("pitch", [14, 40])
@pytest.mark.parametrize("name", ["dots", "stripes", "bricks", "oblong grid", "sheared chessboard"])
def test_other_regular_patterns_are_no_target(name, pitch):
    with pytest.raises(ImagingError, match="No calibration target"):
        measure(pattern(name, pitch))


@pytest.mark.parametrize("blur", [0.0, 2.0, 5.0])
def test_noise_and_emptiness_are_no_target(blur):
    noise = generator(1, "noise").integers(0, 256, (400, 400), dtype=np.uint8)
    with pytest.raises(ImagingError, match="No calibration target") as refused:
        measure(noise if not blur else np.asarray(cv2.GaussianBlur(noise, (0, 0), blur)))
    assert refused.value.remedy
    for shape in ((1, 1), (30, 400), (300, 300)):
        with pytest.raises(ImagingError, match="No calibration target"):
            measure(np.full(shape, 90, np.uint8))


def test_too_few_meshes_are_no_target():
    with pytest.raises(ImagingError, match="No calibration target"):
        measure(target(TargetKind.CHESSBOARD, (40.0, 40.0), extent=2))


def test_real_captures_are_no_target(real_data):
    from engine.imaging.decode import decode

    files = sorted(p for p in real_data.rglob("*") if p.suffix in (".png", ".jpg"))
    for path in files[:: max(len(files) // 12, 1)]:
        with pytest.raises(ImagingError, match="No calibration target"):
            measure(decode(path))


@pytest.mark.parametrize("pitch_um", [0, -5, float("nan"), float("inf")])
def test_a_pitch_is_a_number_above_zero(pitch_um):
    with pytest.raises(InputError, match="pitch"):
        measure(np.zeros((100, 100), np.uint8), pitch_um)


def test_a_pitch_that_gives_no_physical_scale_is_refused():
    with pytest.raises(ImagingError, match="no physical scale"):
        measure(target(TargetKind.CHESSBOARD, (20.0, 20.0)), 1e9)


def test_an_image_too_large_is_refused():
    with pytest.raises(ImagingError, match="too large"):
        measure(np.broadcast_to(np.zeros((1, 1), np.uint8), (12_000, 12_000)))


def test_cancel_is_asked():
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        calibrate(target(TargetKind.CHESSBOARD, (20.0, 20.0)), pitch_um=100.0, context=context)
