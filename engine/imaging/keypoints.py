"""Keypoint correspondence: SIFT features, mutual matches, and similarity hypotheses with their support.

Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 60 (2004); the ratio test is section 7.1.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.imaging.refine import Array, Image

RATIO = 0.85  # Lowe takes 0.8; the random sampling afterwards bears a few more wrong matches
STRONGEST = 2000  # keypoints per capture


@dataclass(frozen=True)
class Matches:
    """Matched keypoints: (N, 2) positions in the first and in the second image."""

    first: Array
    second: Array


@dataclass(frozen=True)
class Support:
    """A similarity found by sampling: its (3, 3) matrix, and which of the matches agree (indices)."""

    matrix: Array
    inliers: np.ndarray


def match(first: Image, second: Image) -> Matches:
    """Match the keypoints of two (H, W) float32 images of linear light in 0..1, one to one."""
    empty = Matches(np.zeros((0, 2)), np.zeros((0, 2)))
    points_a, features_a = _features(first)
    points_b, features_b = _features(second)
    if min(len(points_a), len(points_b)) < 2:
        return empty
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(features_a, features_b, k=2)
    chosen: dict[int, tuple[float, int]] = {}
    for best, other in pairs:
        if best.distance < RATIO * other.distance:
            known = chosen.get(best.trainIdx)
            if known is None or best.distance < known[0]:
                chosen[best.trainIdx] = (best.distance, best.queryIdx)
    if not chosen:
        return empty
    order = sorted(chosen)
    return Matches(points_a[[chosen[i][1] for i in order]], points_b[order])


def _features(image: Image) -> tuple[Array, np.ndarray]:
    eight = (np.sqrt(np.clip(image, 0.0, 1.0)) * 255.0 + 0.5).astype(np.uint8)
    # The types that come with OpenCV 5.0 leave SIFT out.
    detector = cv2.SIFT_create(nfeatures=STRONGEST, contrastThreshold=0.02)  # pyright: ignore[reportAttributeAccessIssue]
    keypoints, features = detector.detectAndCompute(eight, None)
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float64).reshape(-1, 2)
    return points, features if features is not None else np.zeros((0, 128), np.float32)


def hypotheses(matches: Matches, tolerance: float, count: int) -> list[Support]:
    """Find up to ``count`` similarities, each from the matches that the ones before left over.

    Parameters
    ----------
    matches : Matches
    tolerance : float
        Distance in pixels of the second image within which a match agrees.
    count : int
        Hypotheses at most; fewer where under four matches agree.
    """
    left = np.arange(len(matches.first))
    found: list[Support] = []
    while len(found) < count and len(left) >= 4:
        # The generator inside is seeded by the library with a constant, so the same matches give the same answer.
        matrix, agree = cv2.estimateAffinePartial2D(
            matches.first[left],
            matches.second[left],
            method=cv2.RANSAC,
            ransacReprojThreshold=tolerance,
            maxIters=5000,
            confidence=0.999,
        )
        if matrix is None or int(agree.sum()) < 4:
            break
        chosen = agree.ravel().astype(bool)
        found.append(Support(np.vstack([matrix, [0.0, 0.0, 1.0]]), left[chosen]))
        left = left[~chosen]
    return found
