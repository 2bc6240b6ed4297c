"""Records of the evaluation of micro-pattern labels: how often a label is recognised, and a fake refused."""

from typing import Literal

from engine.core.evaluations import Profile, Spread
from engine.core.operating import Rate
from engine.core.records import Record


class LabelRatesRow(Record):
    """How one way to compare did on the questioned captures of one strength.

    Parameters
    ----------
    compared_by : str
        The network's embedding; the same where besides the film has to agree with that of the best match (second
        stage: threshold and scores are shares of matched patches, 0 where the similarity is refused); or a baseline.
    strength : str
        Of the questioned captures; labels are enrolled from captures of middle strength.
    classified : bool
        Whether only labels of the class that the network predicts for the questioned one are searched.
    library : int
        Labels that are enrolled, one vector each.
    threshold : float
        Set on other labels; recognised is a similarity of at least as much.
    real : Rate
        Genuine captures whose best match is the right label and passes the threshold.
    fake : Rate
        Captures of fakes, the same glyph on another film, that pass with no label.
    first : Rate
        Genuine captures whose best match is the right label, whatever its similarity.
    found, fakes_found : Rate
        Captures in which the frame was found; the others are refused.
    class_right : Rate or None
        Genuine captures that were given the class of their glyph.
    genuine, counterfeit : Spread or None
        Scores of the right label, where it came first, and of whatever came first to a fake; None where none did.
    """

    simulated: Literal[True] = True
    compared_by: str
    strength: str
    classified: bool
    library: int
    threshold: float
    real: Rate
    fake: Rate
    first: Rate
    found: Rate
    fakes_found: Rate
    class_right: Rate | None
    genuine: Spread | None
    counterfeit: Spread | None


class LabelCurveRow(Record):
    """How genuine captures did where one effect is stronger, a share of the label damaged, or fewer labels enrolled.

    Rates as above; ``fake`` where fakes were questioned as well.
    """

    simulated: Literal[True] = True
    compared_by: str
    parameter: str
    level: float
    library: int
    threshold: float
    real: Rate
    fake: Rate | None = None
    first: Rate
    found: Rate
    genuine: Spread | None


class LabelThreshold(Record):
    """The threshold of one way to compare, and the similarities on tuning labels that it comes from."""

    simulated: Literal[True] = True
    compared_by: str
    classified: bool
    labels: int
    rule: str
    threshold: float
    lowest_genuine: float
    highest_fake: float


class LabelEvaluation(Record):
    """All that an evaluation of micro-pattern labels found.

    Parameters
    ----------
    labels, queries, tuning_labels : int
        Labels in the library, of which the first ``queries`` are also questioned, and as many fakes; tuning labels.
    embedder_key : str or None
        What the vectors share; None where baselines alone were measured.
    """

    simulated: Literal[True] = True
    profile: Profile
    labels: int
    queries: dict[str, int]
    tuning_labels: int
    embedder_key: str | None
    thresholds: tuple[LabelThreshold, ...]
    rows: tuple[LabelRatesRow, ...]
    curves: tuple[LabelCurveRow, ...]
