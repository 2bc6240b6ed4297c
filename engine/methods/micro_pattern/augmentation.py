"""Variants of a label's crop to train on: turned, moved, lighter or darker, worn."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.records import Record
from engine.methods.micro_pattern.preparation import Crops

VALUE = (-45.0, 90.0)  # He et al. 2024: HSV value + x, x in (-45, 90)
SHADE = 0.6  # of the light, at most, that comes through dirt
Level = Annotated[float, Field(ge=0)]


class AugmentationSettings(Record):
    """How far variants differ from the crop.

    Parameters
    ----------
    rotation_deg : float
        Largest rotation: 180 as published; few where the etched frame gives the pose.
    shift, scale : float
        Deviation of the shift, in sides, and of the natural logarithm of the size.
    value : bool
        Whether levels are raised or lowered as published.
    blur_px, noise : float
        Largest Gaussian sigma, in pixels of the crop, and largest deviation of the noise, in grey levels.
    worn : float
        Largest share of the crop that dirt and scratches cover.
    turned : bool
        Whether each quarter turn and mirror image of a label counts as an identity of its own, so that eight times as
        many are learnt from, and a turned label is not taken for the label itself.
    """

    rotation_deg: Annotated[float, Field(ge=0, le=180)] = 180.0
    shift: Level = 0.0
    scale: Level = 0.0
    value: bool = True
    blur_px: Level = 0.0
    noise: Level = 0.0
    worn: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    turned: bool = False

    @property
    def identities(self) -> int:
        """How many identities a label stands for."""
        return 8 if self.turned else 1


def posed(crop: NDArray[np.uint8], pose: int) -> NDArray[np.uint8]:
    """Return a square crop in pose 0..7: ``pose`` % 4 quarter turns counter-clockwise, from 4 on its mirror image."""
    mirrored = crop[..., ::-1] if pose >= 4 else crop
    return np.rot90(mirrored, pose % 4, axes=(-2, -1))


def varied(crop: NDArray[np.uint8], settings: AugmentationSettings, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return a variant of a square grey crop, of the same shape."""
    import cv2

    side = crop.shape[0]
    angle = settings.rotation_deg * random.uniform(-1, 1)
    scale = float(np.exp(settings.scale * random.standard_normal()))
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle, scale)
    matrix[:, 2] += side * settings.shift * random.standard_normal(2)
    moved = cv2.warpAffine(crop, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light = np.asarray(moved, dtype=np.float32)
    if settings.worn:
        light = light * _wear(side, settings.worn * random.random() ** 2, random)
    if settings.blur_px:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), 0.1 + settings.blur_px * random.random()), dtype=np.float32)
    if settings.noise:
        level = settings.noise * random.random()
        light = light + level * random.standard_normal(light.shape, dtype=np.float32)
    if settings.value:
        light = light + random.uniform(*VALUE)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def _wear(side: int, share: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Return how much light comes through dirt and scratches that cover about a share of the crop."""
    import cv2

    left = np.ones((side, side), dtype=np.float32)
    covered = 0.0
    while covered < share * side * side:
        shade = SHADE * random.random()
        x, y = (int(value) for value in random.integers(side, size=2))
        if random.random() < 0.5:
            axes = tuple(int(value) for value in 1 + random.integers(max(2, side // 6), size=2))
            cv2.ellipse(left, (x, y), axes, 360 * random.random(), 0, 360, shade, thickness=-1)
            covered += 3.14 * axes[0] * axes[1]
        else:
            end = tuple(int(value) for value in random.integers(side, size=2))
            width = int(1 + random.integers(max(2, side // 40)))
            cv2.line(left, (x, y), end, shade, thickness=width)
            covered += width * float(np.hypot(end[0] - x, end[1] - y))
    return left


def batch(
    crops: Crops, poses: NDArray[np.integer], settings: AugmentationSettings, random: np.random.Generator
) -> Crops:
    """Return variants of (N, side, side) crops, each in its pose 0..7; the pose is taken last."""
    return np.stack([posed(varied(crop, settings, random), int(pose)) for crop, pose in zip(crops, poses, strict=True)])
