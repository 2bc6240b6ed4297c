"""The forms of the Codes page that need no more than the keyboard."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QDateTime, QTimeZone
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QLineEdit, QSpinBox, QWidget

from engine.core.codes import ErrorLevel, Scheme, Stage
from gui.widgets.forms import FormDialog
from gui.widgets.text import PlainLabel

SCHEMES = {
    Scheme.UNIQUE: "unique: every module has a pattern of its own",
    Scheme.RANDOM: "random: patterns placed by the key",
    Scheme.ORDERED: "ordered: patterns in turn",
}
LEVELS: dict[ErrorLevel, str] = {
    "L": "L: a code survives damage to about 7 % of it",
    "M": "M: about 15 %",
    "Q": "Q: about 25 %",
    "H": "H: about 30 %",
}
PASSPHRASE_LETTERS = 8
TIME_FORMAT = "yyyy-MM-dd HH:mm:ss"


@dataclass(frozen=True)
class SeriesWish:
    """The series that a person wants made. The passphrase stays out of every text form."""

    name: str
    scheme: Scheme
    pattern_count: int
    print_dpi: int
    version: int
    error_level: ErrorLevel
    prefix: str
    passphrase: str

    def __repr__(self) -> str:
        return f"SeriesWish({self.name!r})"


class MakeSeriesDialog(FormDialog):
    """Ask for a new series and the passphrase that seals it."""

    def __init__(self, make: Callable[[SeriesWish], None], parent: QWidget) -> None:
        super().__init__("Make a series", "Make the series", self._hand_on, parent)
        self._make = make
        self.name = self.add_line("Name", required=True, hint="For example Autumn 2026")
        self.scheme = QComboBox()
        for scheme, text in SCHEMES.items():
            self.scheme.addItem(text, scheme)
        self.add_field("Patterns", self.scheme)
        self.patterns = QSpinBox()
        self.patterns.setRange(2, 8)
        self.patterns.setValue(3)
        self.add_field("Number of patterns", self.patterns)
        self.dpi = QComboBox()
        for dpi in (600, 1200):
            self.dpi.addItem(f"{dpi} dpi", dpi)
        self.add_field("Printed at", self.dpi)
        self.version = QSpinBox()
        self.version.setRange(1, 20)
        self.version.setValue(4)
        self.version.valueChanged.connect(self._tell_modules)
        self._tell_modules(self.version.value())
        self.add_field("QR version", self.version)
        self.level = QComboBox()
        self.level.addItems(list(LEVELS.values()))
        self.level.setCurrentText(LEVELS["M"])
        self.add_field("Error correction", self.level)
        self.prefix = self.add_line("Text before the ID", hint="For example an address, or nothing")
        self.passphrase = self._passphrase("Passphrase")
        self.again = self._passphrase("The same again")
        self.add_note(
            "The passphrase seals the patterns and the key. Without it no code can be printed or checked: keep it "
            "safe, for nobody can restore it."
        )
        self.scheme.currentIndexChanged.connect(self._follow)
        self.add_check(self._passphrase_missing)
        self._follow()

    def done(self, result: int) -> None:
        """Close and forget what was typed."""
        super().done(result)
        for field in (self.passphrase, self.again):
            field.clear()

    def _passphrase(self, label: str) -> QLineEdit:
        field = self.add_line(label)
        field.setEchoMode(QLineEdit.EchoMode.Password)
        return field

    def _passphrase_missing(self) -> str:
        if len(self.passphrase.text()) < PASSPHRASE_LETTERS:
            return f"The passphrase needs at least {PASSPHRASE_LETTERS} characters."
        return "" if self.passphrase.text() == self.again.text() else "The two passphrases differ."

    def _tell_modules(self, version: int) -> None:
        modules = 4 * version + 17  # ISO/IEC 18004
        self.version.setSuffix(f": {modules} \N{MULTIPLICATION SIGN} {modules} modules")

    def _follow(self) -> None:
        self.form.setRowVisible(self.patterns, list(SCHEMES)[self.scheme.currentIndex()] is not Scheme.UNIQUE)
        self.check()

    def _accept(self) -> None:
        self._wish = SeriesWish(
            name=self.name.text().strip(),
            scheme=list(SCHEMES)[self.scheme.currentIndex()],
            pattern_count=self.patterns.value(),
            print_dpi=int(self.dpi.currentData()),
            version=self.version.value(),
            error_level=list(LEVELS)[self.level.currentIndex()],
            prefix=self.prefix.text().strip(),
            passphrase=self.passphrase.text(),
        )
        super()._accept()

    def _hand_on(self) -> None:
        self._make(self._wish)


class VoidDialog(FormDialog):
    """Ask why something shall count no longer: ``kind`` says what it is, ``name`` which."""

    def __init__(self, kind: str, name: str, void: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(f"Void: {kind}", "Void", self._hand_on, parent)
        self._void = void
        self.add_field(kind, PlainLabel(name, wrap=True))
        self.reason = self.add_line("Reason", required=True, hint="For example stolen, misprinted, key lost")
        self.add_note("Voiding is recorded with your name and cannot be undone.", "caution")

    def _hand_on(self) -> None:
        self._void(self.reason.text().strip())


class StepDialog(FormDialog):
    """Ask for one step in the life of a product."""

    def __init__(
        self, product_id: str, record: Callable[[str, Stage, str, str, str, str], None], parent: QWidget
    ) -> None:
        super().__init__("Record a step", "Record", self._hand_on, parent)
        self._record = record
        self.product_id = self.add_line("Product ID", required=True, text=product_id)
        self.stage = QComboBox()
        for stage in Stage:
            self.stage.addItem(stage.value, stage)
        self.add_field("Step", self.stage)
        self.time = QDateTimeEdit(QDateTime.currentDateTimeUtc())
        self.time.setTimeZone(QTimeZone(QTimeZone.Initialization.UTC))
        self.time.setDisplayFormat(f"{TIME_FORMAT} 'UTC'")
        self.add_field("When", self.time)
        self.place = self.add_line("Where", hint="City, warehouse or shop")
        self.party = self.add_line("By whom", hint="Who did it or said so")
        self.note = self.add_line("Note")

    def _hand_on(self) -> None:
        time = self.time.dateTime().toString("yyyy-MM-ddTHH:mm:ss") + "Z"
        place, party, note = (field.text().strip() for field in (self.place, self.party, self.note))
        self._record(self.product_id.text().strip(), list(Stage)[self.stage.currentIndex()], time, place, party, note)
