"""The forms of the Case page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QWidget

from engine.core.case import Capture, Device, Item, Standing
from gui.widgets.combo import ElidedCombo
from gui.widgets.forms import FormDialog
from gui.widgets.text import ElidedLabel
from gui.widgets.units import count, scale_text

UM_PER_INCH = 25_400.0
FROM_FILE, PER_INCH, UM_PER_PX = range(3)


@dataclass(frozen=True)
class IntakeWish:
    """What the person wants done with files: into which item, made with what, at which scale."""

    files: tuple[Path, ...]
    item_id: str
    new_name: str
    new_standing: Standing
    device: Device
    um_per_px: tuple[float, float] | None


class ScaleField(QWidget):
    """A scale: from the file, in dots per inch, or in micrometres per pixel."""

    def __init__(self, *, from_file: bool) -> None:
        super().__init__()
        self.kind = QComboBox()
        self.kind.setAccessibleName("Scale")
        for title, kind in (
            *((("From the file's own tag", FROM_FILE),) if from_file else ()),
            ("Dots per inch", PER_INCH),
            ("µm per pixel", UM_PER_PX),
        ):
            self.kind.addItem(title, kind)
        self.value = QDoubleSpinBox()
        self.value.setAccessibleName("Value of the scale")
        self.value.setDecimals(4)
        self.value.setRange(0.0001, 100_000.0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.kind, 1)
        row.addWidget(self.value, 1)
        self.setFocusProxy(self.kind)
        self.kind.currentIndexChanged.connect(self._follow)
        self._follow()

    def um_per_px(self) -> tuple[float, float] | None:
        """Return micrometres per pixel along x and y; None where the file's tag counts."""
        kind = self.kind.currentData()
        if kind == FROM_FILE:
            return None
        value = UM_PER_INCH / self.value.value() if kind == PER_INCH else self.value.value()
        return value, value

    def _follow(self) -> None:
        kind = self.kind.currentData()
        self.value.setVisible(kind != FROM_FILE)
        self.value.setSuffix({PER_INCH: " dpi", UM_PER_PX: " µm/px"}.get(kind, ""))
        self.value.setValue({PER_INCH: 600.0, UM_PER_PX: 2.0}.get(kind, self.value.value()))


class NewCaseDialog(FormDialog):
    """Ask for a case's title and what the report will say of its origin."""

    def __init__(self, create: Callable[[str, str, str, str], None], parent: QWidget) -> None:
        super().__init__("New case", "Open the case", self._hand_on, parent)
        self._create = create
        self.title = self.add_line("Title", required=True)
        self.reference = self.add_line("Reference", hint="Your file number")
        self.customer = self.add_line("Customer", hint="Who commissioned the examination")
        self.note = self.add_text("Note")

    def _hand_on(self) -> None:
        title, reference, customer = (field.text().strip() for field in (self.title, self.reference, self.customer))
        self._create(title, reference, customer, self.note.toPlainText().strip())


class AddItemDialog(FormDialog):
    """Ask for a physical exhibit."""

    def __init__(self, add: Callable[[str, Standing, str, str], None], parent: QWidget) -> None:
        super().__init__("Add an item", "Add", self._hand_on, parent)
        self._add = add
        self.name = self.add_line("Name", required=True, hint="As it is marked, for example Q1")
        self.standing = standing_field()
        self.add_field("Standing", self.standing)
        self.condition = self.add_line("Condition", hint="As received")
        self.received = self.add_line("Received", hint="Date of receipt")

    def _hand_on(self) -> None:
        standing = list(Standing)[self.standing.currentIndex()]
        name, condition, received = (field.text().strip() for field in (self.name, self.condition, self.received))
        self._add(name, standing, condition, received)


class IntakeDialog(FormDialog):
    """Ask where files belong, what made them, and at which scale."""

    def __init__(
        self,
        files: tuple[Path, ...],
        items: tuple[Item, ...],
        item_id: str,
        take_in: Callable[[IntakeWish], None],
        parent: QWidget,
    ) -> None:
        super().__init__("Take in files", "Take in", self._hand_on, parent)
        self._files = files
        self._items = items
        self._take_in = take_in
        names = ", ".join(path.name for path in files[:20]) + (", …" if len(files) > 20 else "")
        self.form.addRow(f"{count(len(files), 'file')}:", ElidedLabel(names))
        self.item = ElidedCombo()
        for item in items:
            self.item.addItem(f"{item.name} ({item.standing.value})")
        self.item.addItem("A new item")
        ids = [item.id for item in items]
        self.item.setCurrentIndex(ids.index(item_id) if item_id in ids else len(ids) if not ids else 0)
        self.add_field("Item", self.item)
        self.name = QLineEdit()
        self.name.setPlaceholderText("As it is marked, for example Q1")
        self.standing = standing_field()
        self.add_field("Name of the new item", self.name)
        self.add_field("Standing of the new item", self.standing)
        self.device = QComboBox()
        for device in Device:
            self.device.addItem(device.value, device)
        self.add_field("Device", self.device)
        self.scale = ScaleField(from_file=True)
        self.add_field("Scale", self.scale)
        hint = "Without a tag the scale stays unknown and no micrometre is shown; it can be set later."
        self.add_note(hint)
        self.item.currentIndexChanged.connect(self._follow)
        self.name.textChanged.connect(self.check)
        self.add_check(lambda: "" if self._item_id() or self.name.text().strip() else "The new item needs a name.")
        self._follow()

    def _item_id(self) -> str:
        place = self.item.currentIndex()
        return self._items[place].id if place < len(self._items) else ""

    def _follow(self) -> None:
        for field in (self.name, self.standing):
            self.form.setRowVisible(field, not self._item_id())
        self.check()

    def _hand_on(self) -> None:
        self._take_in(
            IntakeWish(
                files=self._files,
                item_id=self._item_id(),
                new_name=self.name.text().strip(),
                new_standing=list(Standing)[self.standing.currentIndex()],
                device=list(Device)[self.device.currentIndex()],
                um_per_px=self.scale.um_per_px(),
            )
        )


class ScaleDialog(FormDialog):
    """Ask for a capture's scale."""

    def __init__(self, capture: Capture, set_scale: Callable[[tuple[float, float]], None], parent: QWidget) -> None:
        super().__init__("Set the scale", "Set the scale", self._hand_on, parent)
        self._set_scale = set_scale
        self.form.addRow("Capture:", ElidedLabel(capture.file_name))
        self.form.addRow("Scale now:", ElidedLabel(scale_text(capture.scale)))
        self.scale = ScaleField(from_file=False)
        self.add_field("New scale", self.scale)
        hint = "It is recorded as stated by you. Findings made before keep the scale they used."
        self.add_note(hint)

    def _hand_on(self) -> None:
        value = self.scale.um_per_px()
        assert value is not None  # the field offers no file tag here
        self._set_scale(value)


class CalibrateDialog(FormDialog):
    """Ask for the pitch of the calibration target that a capture shows."""

    def __init__(self, capture: Capture, calibrate: Callable[[float], None], parent: QWidget) -> None:
        super().__init__("Calibrate from a target", "Measure", self._hand_on, parent)
        self._calibrate = calibrate
        self.form.addRow("Capture:", ElidedLabel(capture.file_name))
        self.pitch = QDoubleSpinBox()
        self.pitch.setDecimals(3)
        self.pitch.setRange(0.1, 1e6)
        self.pitch.setValue(1000.0)
        self.pitch.setSuffix(" µm")
        self.add_field("Side of one square", self.pitch)
        hint = "The capture shows a chessboard target. Its measured pitch gives the scale with its uncertainty."
        self.add_note(hint)

    def _hand_on(self) -> None:
        self._calibrate(self.pitch.value())


def standing_field() -> QComboBox:
    """Return a choice between questioned and known."""
    field = QComboBox()
    for standing in Standing:
        field.addItem(standing.value, standing)
    return field
