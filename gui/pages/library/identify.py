"""Identify: look for the label that an image shows in the library, and show what is most like it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.core.case import Device
from engine.core.library import LABEL_PX
from engine.jobs import Job, JobContext
from engine.workflows.labels.library import LibraryOverview
from gui.pages.library.images import LabelImages, grey_image
from gui.pages.library.labels import NUMBERS, Caption, LabelModel, as_numbers, label_view, no_caption
from gui.pages.library.pair import Pair, PairView
from gui.pages.library.words import answer, answer_rows, histogram_scores, hit_caption, pair_caption, place_text
from gui.session import AnyStore, Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets import forms
from gui.widgets.buttons import CommandButton
from gui.widgets.classes import LikelyClasses
from gui.widgets.combo import ElidedCombo
from gui.widgets.files import IMAGES
from gui.widgets.histogram import ScoreHistogram, prepare
from gui.widgets.splits import side_by_side, stacked
from gui.widgets.table import WholeTable
from gui.widgets.text import EmptyState, PlainLabel

if TYPE_CHECKING:
    from engine.workflows.labels.identification import Identification


WORDS = 34
"""Letters that a line of what was found has room for."""


class IdentifyOptions(QWidget):
    """What no image tells, and where to look; ``changed`` comes when a person chose otherwise."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._filling = False
        self.device = QComboBox()
        self.device.setAccessibleName("Device of the capture")
        self.device.setToolTip("What made the capture: an operating point holds for one kind of device")
        for device in Device:
            self.device.addItem(device.value, device)
        self.device.setCurrentText(Device.MICROSCOPE.value)
        self.simulated = QCheckBox("Simulated")
        self.simulated.setToolTip("Whether the image is simulated: an operating point holds for one or the other")
        self.likely = LikelyClasses()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        title = QLabel("Captured by")
        title.setBuddy(self.device)
        row.addWidget(title)
        for field in (self.device, self.simulated, self.likely):
            row.addWidget(field)
        row.addStretch(1)
        self.device.currentIndexChanged.connect(lambda _place: self.changed.emit())
        self.likely.toggled.connect(lambda _on: self.changed.emit())
        self.simulated.toggled.connect(lambda _on: self._filling or self.changed.emit())

    def follow(self, overview: LibraryOverview | None) -> None:
        """Take images for simulated as the labels of the library are, until a person says otherwise."""
        self._filling = True
        self.simulated.setChecked(overview is not None and overview.library.simulated)
        self.likely.setChecked(False)
        self._filling = False

    def wanted(self) -> dict[str, Any]:
        """Return what the search is told of the capture."""
        return {
            "device": list(Device)[self.device.currentIndex()],
            "simulated": self.simulated.isChecked(),
            "classified": self.likely.isChecked(),
        }


class IdentifyPanel(QWidget):
    """What a questioned label was found to be like.

    ``opened`` carries the number of a label to be shown in the gallery, ``answered`` comes when another questioned
    label is shown.

    Parameters
    ----------
    library : callable
        The chosen library.
    """

    opened = Signal(int)
    answered = Signal()

    def __init__(
        self, session: Session, commands: CommandRegistry, library: Callable[[], LibraryOverview | None]
    ) -> None:
        super().__init__()
        self._session = session
        self._library = library
        self._shown = ""
        self._job: Job[Any] | None = None
        self.path: Path | None = None
        self.found: tuple[Identification, ...] = ()
        self.images = LabelImages(session, self)
        self.empty = EmptyState(
            "Identify a label",
            "Drop an image of one label here, or a microscope field: each label is cut out and looked for among the "
            "known ones. Nothing is recorded by that; what is found in a case is.",
            CommandButton(commands.action("library.identify"), icon="search", primary=True),
        )
        self.options = IdentifyOptions()
        self.which = ElidedCombo()
        self.which.setAccessibleName("Questioned label")
        self.outcome = PlainLabel(level=2, wrap=True)
        self.reason = PlainLabel(wrap=True)
        self.cautions = PlainLabel(wrap=True, meaning="caution")
        self.pair = PairView()
        self.facts = WholeTable("What was found")
        self.histogram = ScoreHistogram()
        self.model = LabelModel(self.images)
        self.view = label_view("The labels most like it", self.model)
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self.body.addWidget(self._filled(commands))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, GRID, 0, 0)
        outer.setSpacing(GRID)
        outer.addWidget(self.options)
        outer.addWidget(self.body, 1)
        self.options.changed.connect(self._again)
        self.which.currentIndexChanged.connect(lambda _place: self._show_one())
        self.view.selectionModel().currentChanged.connect(lambda *_: self._show_pair())
        self.view.activated.connect(lambda index: self.opened.emit(self.model.number(index.row())))
        self.images.arrived.connect(self._show_pair)

    @property
    def current(self) -> "Identification | None":
        """The questioned label that is shown, with what was found."""
        place = self.which.currentIndex()
        return self.found[place] if 0 <= place < len(self.found) else None

    def chosen_number(self) -> int | None:
        """Return the number of the candidate that is chosen."""
        row = self.view.currentIndex().row()
        return self.model.number(row) if 0 <= row < self.model.rowCount() else None

    def choose(self) -> None:
        """Ask for an image and look for its labels."""
        files = forms.choose_files(self.window(), "Identify a label", IMAGES)
        if files:
            self.identify(files[0])

    def identify(self, path: Path) -> None:
        """Look for the labels that an image shows."""
        store, overview = self._session.store, self._library()
        if store is None or overview is None:
            return
        if self._job is not None:
            self._job.cancel()
        self.path = path
        library_id = overview.library.id
        self._job = self._session.run(
            f"Identify {path.name}",
            partial(_identified, self._session, store, library_id, path, self.options.wanted()),
            done=partial(self._show, library_id),
        )

    def show_library(self, overview: LibraryOverview | None) -> None:
        """Forget what was found in another library."""
        library_id = overview.library.id if overview is not None else ""
        if library_id != self._shown:
            self._shown = library_id
            self.images.use(library_id)
            self.options.follow(overview)
            self.path = None
            self._show(library_id, ())

    def _filled(self, commands: CommandRegistry) -> QWidget:
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (self.which, self.outcome, self.reason, self.cautions):
            column.addWidget(part)
        column.addWidget(self.facts)
        column.addStretch(1)
        area = QScrollArea()  # long reasons in large text leave no room otherwise
        area.setMinimumWidth(WORDS * self.fontMetrics().averageCharWidth())
        area.setWidget(words)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(PlainLabel("Most alike in the library", level=3))
        column.addWidget(self.view, 1)
        splitter = stacked(
            side_by_side(self.pair, area, shares=(4, 3)),
            side_by_side(below, self.histogram, shares=(4, 3)),
            shares=(3, 2),
        )
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        for key in ("library.identify", "library.to_case", "library.to_gallery"):
            foot.addWidget(CommandButton(commands.action(key)))
        foot.addStretch(1)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(splitter, 1)
        column.addLayout(foot)
        return filled

    def _again(self) -> None:
        if self.path is not None:
            self.identify(self.path)

    def _show(self, library_id: str, found: "tuple[Identification, ...]") -> None:
        if library_id != self._shown:
            return
        self.found = found
        self.which.blockSignals(True)
        self.which.clear()
        self.which.addItems([place_text(each) for each in found])
        self.which.blockSignals(False)
        self.which.setVisible(len(found) > 1)
        self.body.setCurrentIndex(1 if found else 0)
        self._show_one()

    def _show_one(self) -> None:
        """Show the chosen questioned label, its candidates, and what the operating point says."""
        found = self.current
        if found is None:
            self.model.show(NUMBERS, no_caption)
            self.pair.show_pair(None)
            self.histogram.show_scores(None)
        else:
            self.outcome.show_text(*answer(found))
            self.reason.setText(found.classification.reason if found.classification is not None else "")
            self.reason.setVisible(bool(self.reason.text()))
            self.cautions.setText("\n".join(caution.text for caution in found.cautions))
            self.cautions.setVisible(bool(found.cautions))
            self.facts.rows.show(answer_rows(found))
            self.histogram.show_scores(histogram_scores(found))
            hits = found.hits
            self.model.show(as_numbers([hit.number for hit in hits]), lambda row: Caption(hit_caption(hits[row])))
            if hits:
                self.view.setCurrentIndex(self.model.index(0, 0))
            self._show_pair()
        self.answered.emit()

    def _show_pair(self) -> None:
        """Show the questioned label in the pose of the chosen candidate, beside it."""
        found, row = self.current, self.view.currentIndex().row()
        if found is None or not 0 <= row < len(found.hits):
            self.pair.show_pair(None)
            return
        hit = found.hits[row]
        known = self.images.image(hit.number, LABEL_PX)
        self.pair.show_pair(
            Pair(grey_image(found.label), known, hit.turn, hit.matched.questioned, hit.matched.known, pair_caption(hit))
        )


def _identified(
    session: Session, store: AnyStore, library_id: str, path: Path, wanted: dict[str, Any], context: JobContext
) -> "tuple[Identification, ...]":
    from engine.workflows.labels.identification import identify_field

    prepare()
    with session.recogniser.lent() as recogniser:
        return identify_field(store, library_id, path, **wanted, recogniser=recogniser, context=context)
