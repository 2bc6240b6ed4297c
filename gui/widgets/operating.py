"""Rates and domains of operating points in words."""

from engine.core.operating import Domain, Rate


def rate_text(rate: Rate) -> str:
    """Return a rate with its counts and its interval, all in per cent."""
    low, high = 100 * rate.interval.low, 100 * rate.interval.high
    interval = f"{100 * rate.interval.level:.0f} % interval {low:.1f} to {high:.1f} %"
    return f"{100 * rate.value:.1f} % ({rate.events} of {rate.trials}; {interval})"


def domain_text(domain: Domain) -> str:
    """Return the devices and materials that an operating point holds for, in one line."""
    material = f" on {domain.material}" if domain.material else ""
    dpi = f"{domain.dpi_low:.0f} to {domain.dpi_high:.0f} dpi"
    simulated = ", simulated" if domain.simulated else ""
    return f"{domain.printer}{material}, {domain.capture_device.value} {domain.scanner}, {dpi}{simulated}"
