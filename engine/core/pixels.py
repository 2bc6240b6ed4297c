"""Pixel conventions: centres are integers, x to the right, y down; transforms map (x, y) to (x, y)."""

from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.core.records import Record

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


class TransformKind(StrEnum):
    """Families of plane transforms, each containing the one before."""

    SIMILARITY = "similarity"
    AFFINE = "affine"
    HOMOGRAPHY = "homography"


class Transform(Record):
    """A plane transform as a 3 x 3 matrix acting on column vectors (x, y, 1) of pixel centres."""

    kind: TransformKind
    matrix: Matrix

    @classmethod
    def from_array(cls, kind: TransformKind, matrix: NDArray[np.floating]) -> Self:
        """Build from a (3, 3) array, or (2, 3) with the last row understood; normalised so that m[2, 2] = 1."""
        full = np.eye(3)
        full[: matrix.shape[0]] = matrix
        full = full / full[2, 2]
        rows = tuple(tuple(float(v) for v in row) for row in full)
        return cls.model_validate({"kind": kind, "matrix": rows})

    @classmethod
    def identity(cls) -> Self:
        """Return the transform that changes nothing."""
        return cls.from_array(TransformKind.SIMILARITY, np.eye(3))

    def array(self) -> NDArray[np.float64]:
        """Return the (3, 3) float64 matrix."""
        return np.array(self.matrix, dtype=np.float64)

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map (N, 2) points."""
        return apply_matrix(self.array(), points)

    def inverse(self) -> Self:
        """Return the inverse; raises numpy.linalg.LinAlgError where there is none."""
        return type(self).from_array(self.kind, np.linalg.inv(self.array()))


def apply_matrix(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map (N, 2) points by a (3, 3) matrix."""
    points = np.asarray(points, dtype=np.float64)
    mapped = points @ matrix[:, :2].T
    for column in range(3):  # whole columns: adding a row of three to every point would take ten times as long
        mapped[:, column] += matrix[column, 2]
    return mapped[:, :2] / mapped[:, 2:]


def resize_matrix(factor_x: float, factor_y: float) -> NDArray[np.float64]:
    """Return the (3, 3) matrix from pixel centres of an image to those of its resized copy.

    ``factor`` is new size over old size. Centres are integers, so the edges of both images coincide at -0.5.
    """
    return np.array([[factor_x, 0.0, 0.5 * factor_x - 0.5], [0.0, factor_y, 0.5 * factor_y - 0.5], [0.0, 0.0, 1.0]])
