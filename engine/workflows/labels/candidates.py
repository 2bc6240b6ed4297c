"""The labels that a finding ranks: their images, their records, and how the questioned capture lies over each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Capture, Device
from engine.core.errors import InputError
from engine.core.finding import Correspondence, Finding, Match
from engine.core.library import LABEL_PX, METHOD, Library, label_number
from engine.core.pixels import Transform, TransformKind, apply_matrix
from engine.core.records import new_id, sha256_hex
from engine.imaging.quality import measure_quality
from engine.store import Store
from engine.workflows.labels.library import label_images
from engine.workflows.labels.library_state import library_state
from engine.workflows.standing import ApprovedPoint, approved_point

TURNS = 4
LEAST_POINTS = 8  # from so many on the matched points themselves, not the frames alone, say how the labels lie
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A label of the library that a finding ranks.

    Parameters
    ----------
    match : Match
        Its rank, name and scores.
    number : int
        Of the label.
    image : NDArray[np.uint8]
        (256, 256) grey, as it was enrolled.
    capture : Capture
        The image as a stage shows it; no store has such a capture.
    points : tuple[Correspondence, ...]
        Where the film of both agrees: in the capture, and in ``image``.
    questioned_to_known : Transform
        Capture pixels to pixels of ``image``: the frames over one another, and the matched points where these suffice.
    """

    match: Match
    number: int
    image: NDArray[np.uint8]
    capture: Capture
    points: tuple[Correspondence, ...]
    questioned_to_known: Transform

    @property
    def by_points(self) -> bool:
        """Whether matched points say how the labels lie, not their frames alone."""
        return len(self.points) >= LEAST_POINTS

    def beside(self, finding: Finding) -> Finding:
        """Return the finding as it is shown beside this candidate: with its points and its transform alone."""
        shown = {"correspondences": self.points, "questioned_to_known": self.questioned_to_known}
        return finding.model_copy(update=shown)


@dataclass(frozen=True, eq=False)
class LabelStanding:
    """What stands behind a finding about a label.

    Parameters
    ----------
    library : Library
        That was searched.
    candidates : tuple[Candidate, ...]
        The best first.
    approved : ApprovedPoint or None
        The operating point that classified it, if one did.
    """

    library: Library
    candidates: tuple[Candidate, ...]
    approved: ApprovedPoint | None


def label_standing(store: Store, finding: Finding) -> LabelStanding:
    """Return what stands behind a finding of the method for micro-pattern labels, as the store knows it now."""
    library_id = library_of(finding)
    return LabelStanding(
        library=library_state(store, library_id).library,
        candidates=candidates(store, finding),
        approved=approved_point(store, finding),
    )


def library_of(finding: Finding) -> str:
    """Return which library a finding searched; raises InputError where it searched none."""
    library_id = finding.provenance.settings.get("library_id")
    if finding.method != METHOD or not isinstance(library_id, str):
        raise InputError("The finding is not about a label of a library", where=finding.id)
    return library_id


def candidates(store: Store, finding: Finding, *, most: int | None = None) -> tuple[Candidate, ...]:
    """Return the labels that a finding ranks, the best first, at most ``most`` of them.

    Raises
    ------
    InputError
        The finding is about no label, or names one that its library does not have.
    """
    library = library_state(store, library_of(finding)).library
    matches = finding.matches[:most]
    numbers = [_number(finding, match) for match in matches]
    images = label_images(store, library.id, numbers)
    corners = _corners(finding)
    found = []
    for match, number, image in zip(matches, numbers, images, strict=True):
        points = tuple(point for point in finding.correspondences if point.reference == match.reference)
        matrix = _over(corners, points)
        transform = Transform.from_array(TransformKind.HOMOGRAPHY, matrix)
        found.append(Candidate(match, number, image, _as_capture(match, image, library), points, transform))
    return tuple(found)


def _as_capture(match: Match, image: NDArray[np.uint8], library: Library) -> Capture:
    height, width = image.shape
    return Capture(
        id=new_id("capture"),
        item_id=new_id("item"),
        sha256=sha256_hex(image.tobytes()),
        page=0,
        file_name=f"{match.reference}, as enrolled",
        media_type="image/x-raw",
        byte_size=image.nbytes,
        width=width,
        height=height,
        channels=1,
        bit_depth=8,
        device=Device.UNKNOWN,
        quality=measure_quality(image),
        simulated=library.simulated,
    )


def _number(finding: Finding, match: Match) -> int:
    try:
        return label_number(match.reference)
    except ValueError as error:
        raise InputError("The finding ranks something that is no label", where=finding.id) from error


def _corners(finding: Finding) -> Points:
    """Return the corners of the questioned label's frame, (4, 2) in capture pixels from the upper left clockwise."""
    if not finding.regions or len(finding.regions[0].polygon) != 4:
        raise InputError("The finding does not tell where the label lies", where=finding.id)
    return np.array(finding.regions[0].polygon)


def _over(corners: Points, points: tuple[Correspondence, ...]) -> Points:
    """Return the (3, 3) matrix from the capture to a known label's image.

    The frames lie over one another in that one of the four quarter turns which brings matched points nearest; what then
    remains is taken away by the affine transform that fits them best, where there are points enough.
    """
    questioned = np.array([point.questioned for point in points]).reshape(-1, 2)
    known = np.array([point.known for point in points]).reshape(-1, 2)
    turned = [_frame_over(np.roll(corners, turn, axis=0)) for turn in range(TURNS)]
    matrix = min(turned, key=lambda each: float(np.abs(apply_matrix(each, questioned) - known).sum()))
    if len(points) >= LEAST_POINTS:
        placed = np.column_stack([apply_matrix(matrix, questioned), np.ones(len(points))])
        rest, *_ = np.linalg.lstsq(placed, known, rcond=None)
        matrix = np.vstack([rest.T, [0.0, 0.0, 1.0]]) @ matrix
    return matrix


def _frame_over(corners: Points) -> Points:
    import cv2

    square = np.array([[0, 0], [LABEL_PX, 0], [LABEL_PX, LABEL_PX], [0, LABEL_PX]], dtype=np.float32) - 0.5
    return np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), square), dtype=np.float64)
