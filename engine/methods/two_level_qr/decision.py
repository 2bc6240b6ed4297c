"""What an operating point says of a measured code: it passes, it fails, it is inconclusive, or the point does not hold.

Accepted is indicator >= threshold (Xie and Tan 2021, section 2.4.1). The paper decides for every code; here nothing is
said outside the domain that a point was measured in, nor where damage or a coarse capture may have lowered the
indicator.
"""

from collections.abc import Iterable, Sequence

from engine.core.case import Capture
from engine.core.finding import Caution, Finding
from engine.core.operating import Classification, OperatingPoint
from engine.methods.two_level_qr.examination import Outcome
from engine.methods.two_level_qr.loss import LossPattern

SCORE = "indicator"
# Settings that say which code is examined, or seed the shuffles behind the pattern of loss: no threshold rests on them.
FREE_SETTINGS = frozenset({"code_text", "code_number", "seed"})


def pattern_of_loss_of(finding: Finding) -> str:
    """Return ``uniform`` or ``local``; empty where nothing was measured."""
    keys = {caution.key for caution in finding.cautions}
    return next((pattern.value for pattern in LossPattern if f"{pattern.value} loss" in keys), "")


def decided(finding: Finding, points: Sequence[OperatingPoint], capture: Capture) -> Finding:
    """Return the finding with what the operating points of its series say of it.

    The last point that holds counts, and a caution names the devices that it holds for; where none holds the last one
    is named with the reason why, and the finding stays investigative. Without points the finding comes back as it is.
    """
    if not points:
        return finding
    said = [classify(finding, point, capture) for point in points]
    chosen = next((each for each in reversed(said) if each.within_domain), said[-1])
    cautions = finding.cautions
    if chosen.within_domain:
        cautions = tuple(caution for caution in cautions if caution.key != "investigative only")
        point = next(each for each in points if each.id == chosen.operating_point_id)
        cautions = (*cautions, Caution(key="devices assumed", text=_assumed(point)))
    return finding.model_copy(update={"classification": chosen, "cautions": cautions})


def _assumed(point: OperatingPoint) -> str:
    """Return what a capture cannot tell of itself, and a classification takes for granted."""
    domain = point.domain
    printed = f"printed by {domain.printer}" + (f" on {domain.material}" if domain.material else "")
    return (
        f"Operating point {point.name} was measured on codes {printed}, captured with {domain.scanner}. A capture does "
        "not tell which devices made it: the classification holds for these alone."
    )


def classify(finding: Finding, point: OperatingPoint, capture: Capture) -> Classification:
    """Return what an operating point says of a finding.

    Parameters
    ----------
    finding : Finding
        Of the method of this package.
    capture : Capture
        The questioned capture of the finding.
    """
    within, passes, reason = True, None, ""
    outside = "; ".join(_outside(finding, point, capture))
    if outside:
        within, reason = False, f"Outside the domain of operating point {point.name}: {outside}."
    elif finding.outcome != Outcome.MEASURED:
        reason = f"Nothing was measured: {finding.outcome}."
    else:
        passes, reason = _passes(finding, point)
    return Classification(
        operating_point_id=point.id,
        operating_point=point.name,
        score=point.score,
        threshold=point.threshold,
        within_domain=within,
        passes=passes,
        reason=reason,
    )


def _passes(finding: Finding, point: OperatingPoint) -> tuple[bool | None, str]:
    indicator, elsewhere = _value(finding, SCORE), _value(finding, "indicator_elsewhere")
    threshold = point.threshold
    named = f"threshold {threshold:.3f} of operating point {point.name}"
    if indicator >= threshold:
        return True, f"Indicator {indicator:.3f} >= {named}."
    below = f"Indicator {indicator:.3f} < {named}"
    local = pattern_of_loss_of(finding) == LossPattern.LOCAL
    if local and elsewhere >= threshold:
        return None, (
            f"Inconclusive: {below}, but outside the local loss it is {elsewhere:.3f}, not below it. "
            "Damage may account for that, and so may a damaged copy."
        )
    if any(caution.key == "coarse capture" for caution in finding.cautions):
        return None, f"Inconclusive: {below}, but the capture is too coarse to blame the print. Scan at a finer pitch."
    how = f"also outside the local loss ({elsewhere:.3f})" if local else "and no place of the code stands out"
    return False, f"{below}, {how}: consistent with a copy."


def _outside(finding: Finding, point: OperatingPoint, capture: Capture) -> Iterable[str]:
    """Yield each respect in which a finding lies outside the domain of a point."""
    domain, made = point.domain, finding.provenance
    if (point.method, point.score) != (finding.method, SCORE):
        yield f"it is a point of method {point.method} and score {point.score}"
    if point.method_version != made.method_version:
        yield f"it holds for version {point.method_version} of the method, not {made.method_version}"
    if _tied(point.settings) != _tied(made.settings):
        yield "it holds for other settings of the method"
    if point.series_sha256 is None or point.series_sha256 not in made.input_sha256:
        yield "it holds for another series"
    if domain.simulated != finding.simulated:
        yield f"it holds for {_kind(domain.simulated)} captures, and this one is {_kind(finding.simulated)}"
    if domain.capture_device != capture.device:
        yield f"it holds for captures by {domain.capture_device.value}, and this one is by {capture.device.value}"
    if finding.outcome == Outcome.MEASURED:
        dpi = _value(finding, "resolution_dpi")
        if not domain.dpi_low <= dpi <= domain.dpi_high:
            yield f"it holds for {domain.dpi_low:.0f} to {domain.dpi_high:.0f} dpi, and this capture has {dpi:.0f} dpi"


def _tied(settings: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in settings.items() if key not in FREE_SETTINGS}


def _kind(simulated: bool) -> str:
    return "simulated" if simulated else "real"


def _value(finding: Finding, key: str) -> float:
    value = finding.score(key).value
    assert value is not None  # a measured finding has all its scores
    return value
