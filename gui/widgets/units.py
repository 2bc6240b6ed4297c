"""Quantities in words. No micrometre is shown without a scale, and its source stands beside it."""

from engine.core.case import Capture, Quality, Scale

UNKNOWN = "unknown; lengths are shown in pixels only"
SAME = 1e-3
TIMES = "\N{MULTIPLICATION SIGN}"


def scale_text(scale: Scale | None) -> str:
    """Return a scale with its relative standard uncertainty and its source."""
    if scale is None:
        return UNKNOWN
    x, y = scale.um_per_px_x, scale.um_per_px_y
    size = f"{x:.4g}" if abs(x / y - 1.0) < SAME else f"{x:.4g} {TIMES} {y:.4g}"
    return f"{size} µm/px ± {100 * scale.relative_uncertainty:.2g} % ({scale.source.value})"


def short_scale(scale: Scale | None) -> str:
    """Return a scale for a narrow column."""
    return "unknown" if scale is None else f"{scale.um_per_px:.4g} µm/px"


def byte_size(size: int) -> str:
    """Return a number of bytes with the unit that suits it."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def extent(capture: Capture) -> str:
    """Return width and height in pixels, and in millimetres where the scale is known."""
    text = f"{capture.width} {TIMES} {capture.height} px"
    if capture.scale is None:
        return text
    width = capture.width * capture.scale.um_per_px_x / 1000
    height = capture.height * capture.scale.um_per_px_y / 1000
    return f"{text}, {width:.4g} {TIMES} {height:.4g} mm"


def quality_rows(quality: Quality) -> tuple[tuple[str, str], ...]:
    """Return the quality figures as rows of title and value."""
    return (
        ("Focus", f"{quality.focus:.4g} (variance of the Laplacian, higher = sharper)"),
        ("Clipped", f"{100 * quality.clipped_low:.2f} % darkest, {100 * quality.clipped_high:.2f} % lightest"),
        ("Noise", f"{100 * quality.noise:.2f} % of the full range"),
    )


def time_text(utc: str) -> str:
    """Return a recorded time, UTC, to the second."""
    return f"{utc[:10]} {utc[11:19]} UTC" if len(utc) >= 19 else utc


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
