"""The second stage of a search, on rendered captures: whether the film agrees with that of the best match."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.method import Context
from engine.methods.micro_pattern.correspondence import matched
from engine.workflows.evaluation.label_captures import CHUNK, KNOWN, LabelSet, chunks, read
from engine.workflows.evaluation.label_protocol import Best


def agreements(
    folder: Path, own: LabelSet, name: str, best: Best, *, least: float, library: int, context: Context
) -> Best:  # fmt: skip
    """Return best matches with the share of patches that agree, 0..1, in place of the similarity.

    Parameters
    ----------
    name : str
        Of the questioned captures; the known ones are the first ``library`` labels of the same set.
    least : float
        Matches of a lower similarity are refused already: their share is 0.
    """
    shares = np.where(best.label >= 0, 0.0, np.nan)
    known, questioned = _Crops(folder, own, KNOWN, library), _Crops(folder, own, name, len(best.label))
    for row in np.flatnonzero(best.passing(least)).tolist():
        context.check_cancelled()
        found = matched(questioned[row], known[int(best.label[row])], turn=int(best.turn[row]))
        shares[row] = found.score
    return Best(shares, best.label, best.turn)


class _Crops:
    """Single crops of the first ``labels`` labels; their files stay mapped."""

    def __init__(self, folder: Path, own: LabelSet, name: str, labels: int) -> None:
        self._files = [read(path, count) for path, count in chunks(folder, own, name, labels)]

    def __getitem__(self, row: int) -> NDArray[np.uint8]:
        file, place = divmod(row, CHUNK)
        return np.array(self._files[file][place], dtype=np.uint8)
