"""Pictures unrolled about a centre: a rotation becomes a shift along the angles, found by circular correlation."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def unrolled(image: Floats, centre: NDArray[np.float64], reach: float, *, angles: int, rings: int) -> Floats:
    """Return an image on a polar grid, (angles, rings) float32 of unit length, each place weighted by its area.

    Parameters
    ----------
    image : NDArray[np.float32]
        (H, W).
    centre : NDArray[np.float64]
        (2,) in pixels (x, y).
    reach : float
        Radius of the grid's outer edge, in pixels.
    angles, rings : int
        Of the grid; angles go from x towards y.
    """
    import cv2

    radius = (np.arange(rings) + 0.5) * (reach / rings)
    angle = np.arange(angles)[:, None] * (2 * np.pi / angles)
    x, y = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
    grid = cv2.remap(
        image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    weighted = np.asarray(grid * np.sqrt(radius), dtype=np.float32)  # twice in the product: the area
    return weighted / np.maximum(np.linalg.norm(weighted), np.float32(1e-9))


def spectra(grids: Floats) -> NDArray[np.complex64]:
    """Return the spectra along the angles of grids, (..., angles, rings): (..., angles // 2 + 1, rings)."""
    from scipy import fft

    return np.asarray(fft.rfft(grids, axis=-2), dtype=np.complex64)


def turned(grid: Floats, known: NDArray[np.complex64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how alike a grid is to each known one at the best rotation, and that rotation.

    Parameters
    ----------
    grid : NDArray[np.float32]
        (angles, rings) of the questioned picture.
    known : NDArray[np.complex64]
        (N, angles // 2 + 1, rings), ``spectra`` of the known grids.

    Returns
    -------
    tuple
        (N,) correlation, -1..1, and (N,) radians by which the questioned picture is to be turned, from x towards y, to
        lie as the known one.
    """
    from scipy import fft

    angles = grid.shape[0]
    product = np.einsum("nar,ar->na", known, spectra(grid).conj())
    likeness = np.asarray(fft.irfft(product, angles, axis=1), dtype=np.float64)
    best = likeness.argmax(axis=1)
    return likeness[np.arange(len(known)), best], best * (2 * np.pi / angles)
