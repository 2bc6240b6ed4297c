"""The form that qualifies a press: scans of genuine codes and of copies, and the devices they were made with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from engine.core.case import Device
from gui.widgets.files import FilesField
from gui.widgets.forms import FormDialog
from gui.widgets.text import PlainLabel


@dataclass(frozen=True)
class QualifyWish:
    """The scans to measure, and the devices and materials that the operating point will hold for."""

    genuine: tuple[Path, ...]
    copies: tuple[Path, ...]
    name: str
    scanner: str
    printer: str
    material: str
    device: Device
    simulated: bool


class QualifyDialog(FormDialog):
    """Ask for the scans of a press and what made them; ``before`` fills the form with what was asked for before."""

    def __init__(
        self, series_name: str, qualify: Callable[[QualifyWish], None], parent: QWidget,
        before: QualifyWish | None = None,
    ) -> None:  # fmt: skip
        super().__init__("Qualify a press", "Measure", self._hand_on, parent)
        self._qualify = qualify
        self.add_field("Series", PlainLabel(series_name))
        self.name = self.add_line("Name", required=True, hint="For example Press 2, coated paper")
        self.genuine = FilesField("Genuine scans")
        self.add_field("Genuine scans", self.genuine)
        self.copies = FilesField("Scans of copies")
        self.add_field("Scans of copies", self.copies)
        self.printer = self.add_line("Printer", required=True, hint="What the genuine codes were printed with")
        self.scanner = self.add_line("Scanner", required=True, hint="What all of them were captured with")
        self.material = self.add_line("Material", hint="For example coated label paper, 90 g")
        self.device = QComboBox()
        for device in (Device.SCANNER, Device.MICROSCOPE, Device.PHONE):
            self.device.addItem(device.value, device)
        self.add_field("Kind of device", self.device)
        self.simulated = QCheckBox("These captures are simulated")
        self.add_field("", self.simulated)
        self.add_note(
            "Every code counts as one object: half of the objects give the threshold, the other half its error rates."
        )
        for field in (self.genuine, self.copies):
            field.changed.connect(self.check)
        self.add_check(self._files_missing)
        if before is not None:
            self._fill(before)

    def _fill(self, wish: QualifyWish) -> None:
        for line, text in (
            (self.name, wish.name),
            (self.scanner, wish.scanner),
            (self.printer, wish.printer),
            (self.material, wish.material),
        ):
            line.setText(text)
        self.genuine.add(list(wish.genuine))
        self.copies.add(list(wish.copies))
        self.device.setCurrentText(wish.device.value)
        self.simulated.setChecked(wish.simulated)

    def _files_missing(self) -> str:
        genuine, copies = self.genuine.paths(), self.copies.paths()
        if not genuine:
            return "Add scans of genuine codes."
        if not copies:
            return "Add scans of copies."
        both = sorted(path.name for path in set(genuine) & set(copies))
        return f"{both[0]} stands among the genuine scans and among the copies." if both else ""

    def _hand_on(self) -> None:
        name, scanner, printer, material = (
            field.text().strip() for field in (self.name, self.scanner, self.printer, self.material)
        )
        self._qualify(
            QualifyWish(
                genuine=self.genuine.paths(),
                copies=self.copies.paths(),
                name=name,
                scanner=scanner,
                printer=printer,
                material=material,
                device=Device(self.device.currentData()),
                simulated=self.simulated.isChecked(),
            )
        )
