"""Drawn captures of labels without a frame: single flakes, and patterns in a disc."""

import cv2
import numpy as np

from engine.core.seeds import generator

SURROUNDINGS, FLAKE = np.array([150, 130, 190]), np.array([126, 100, 180])


def outline(number: int) -> np.ndarray:
    """Return a random closed outline about (0, 0), radius about 1, (180, 2)."""
    random = generator(number, "outline")
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    radius = np.ones(180)
    for wave in range(2, 9):
        radius += random.normal(0, 0.25 / wave) * np.cos(wave * angle + random.uniform(0, 2 * np.pi))
    return radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


def flake(number: int, turn: float = 0.0, radius: float = 24.0, shot: int = 0, mirrored: bool = False) -> np.ndarray:
    """Return a noisy capture of a flake, (96, 110, 3), its surroundings lighter to the right."""
    points = outline(number) * ((-1, 1) if mirrored else (1, 1))
    matrix = radius * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shape = 8 * (points @ matrix.T + (55, 46) + 0.5) - 0.5
    large = np.zeros((8 * 96, 8 * 110), dtype=np.float32)
    cv2.fillPoly(large, [np.rint(shape).astype(np.int32)], 1.0)
    share = cv2.GaussianBlur(cv2.resize(large, (110, 96), interpolation=cv2.INTER_AREA), (0, 0), 1.2)[..., None]
    image = SURROUNDINGS * (1 - share) + FLAKE * share + np.linspace(-8, 8, 110)[None, :, None]
    return np.clip(image + generator(shot, "noise").normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def disc(number: int, radius: float = 150.0) -> np.ndarray:
    """Return a random pattern of branches in a disc, (400, 420, 3), about (215, 195)."""
    noise = generator(number, "branches").standard_normal((400, 420))
    ridges = np.abs(cv2.GaussianBlur(noise, (0, 0), 5) * 18) < 0.45
    y, x = np.mgrid[:400, :420]
    inside = np.hypot(x - 215, y - 195) < radius
    metal = cv2.GaussianBlur((ridges & inside).astype(np.float32), (0, 0), 0.8)[..., None]
    return np.rint((1 - metal) * (95, 55, 95) + metal * (215, 190, 150)).astype(np.uint8)
