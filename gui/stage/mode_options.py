"""The one setting of each mode as a whole number in a range, for a slider and two keys. No Qt."""

from dataclasses import dataclass

from gui.stage.scene import Mode, Options


@dataclass(frozen=True)
class ModeOption:
    """A setting: field of ``Options``, its name, its range in steps, and the size and unit of a step.

    The value shown is ``step * number``, in ``unit``; the field itself holds ``number * step * factor``.
    """

    field: str
    title: str
    low: int
    high: int
    step: float
    unit: str
    factor: float = 1.0

    def number(self, options: Options) -> int:
        """Return the present value in steps."""
        return round(getattr(options, self.field) / (self.step * self.factor))

    def set(self, options: Options, number: int) -> None:
        """Set the value in steps, kept within the range."""
        number = min(max(number, self.low), self.high)
        kind = type(getattr(options, self.field))
        setattr(options, self.field, kind(number * self.step * self.factor))

    def text(self, options: Options) -> str:
        """Return the present value with its unit."""
        return f"{self.number(options) * self.step:g} {self.unit}"


MODE_OPTIONS: dict[Mode, ModeOption] = {
    Mode.CURTAIN: ModeOption("curtain", "Edge", 0, 100, 1.0, "%", 0.01),
    # Below 3 flashes a second on purpose at first (WCAG 2.3.1); a person may go up to 5.
    Mode.BLINK: ModeOption("blink_hz", "Rate", 1, 10, 0.5, "Hz"),
    Mode.OVERLAY: ModeOption("opacity", "Known", 0, 100, 1.0, "%", 0.01),
    Mode.DIFFERENCE: ModeOption("difference", "Range \N{PLUS-MINUS SIGN}", 1, 100, 1.0, "%", 0.01),
    Mode.CHECKERBOARD: ModeOption("square", "Squares", 2, 32, 8.0, "px"),
}
