"""Files that a person brings: dropped, chosen one by one, or by the folder."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.shell.theme import GRID
from gui.widgets import forms
from gui.widgets.text import PlainLabel, plain_tip
from gui.widgets.units import count

IMAGE_SUFFIXES = (".tif", ".tiff", ".btf", ".png", ".jpg", ".jpeg", ".bmp")
IMAGES = f"Images ({' '.join(f'*{suffix}' for suffix in IMAGE_SUFFIXES)});;All files (*)"
PATH = Qt.ItemDataRole.UserRole
ROWS_SHOWN = 4


def local_files(mime: QMimeData) -> list[Path]:
    """Return the local files of a drop; a folder stands for the files directly inside it."""
    found: list[Path] = []
    for url in mime.urls():
        path = Path(url.toLocalFile()) if url.isLocalFile() else None
        if path is not None:
            found.extend(files_of(path))
    return found


def files_of(path: Path) -> list[Path]:
    """Return the file, or the files directly inside a folder, in the order of their names."""
    return sorted(inner for inner in path.iterdir() if inner.is_file()) if path.is_dir() else [path]


class FileList(QListWidget):
    """The files by name; takes drops, Delete removes the chosen ones."""

    dropped = Signal(list)
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(ROWS_SHOWN * (self.fontMetrics().height() + GRID // 2) + GRID)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Remove the chosen files with Delete."""
        if event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
            return
        super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Take files anywhere on the list."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Hand the files on."""
        self.dropped.emit(local_files(event.mimeData()))
        event.acceptProposedAction()


class FilesField(QWidget):
    """A list of files with what is needed to fill it; every file stands in it once.

    Parameters
    ----------
    name : str
        What the files are, for assistive tools and the titles of the dialogs.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._left_out = 0
        self.list = FileList()
        self.list.setAccessibleName(name)
        self.state = PlainLabel(meaning="muted")
        self.add_files = _button("Add files…", f"Add files: {name}")
        self.add_folder = _button("Add a folder…", f"Add a folder: {name}")
        self.remove = _button("Remove", f"Remove the chosen files: {name}")
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for button in (self.add_files, self.add_folder, self.remove):
            row.addWidget(button)
        row.addWidget(self.state, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.list)
        column.addLayout(row)
        self.setFocusProxy(self.list)
        self.add_files.clicked.connect(self._choose_files)
        self.add_folder.clicked.connect(self._choose_folder)
        self.remove.clicked.connect(self._remove)
        self.list.dropped.connect(self.add_dropped)
        self.list.removed.connect(self._remove)
        self._tell()

    def paths(self) -> tuple[Path, ...]:
        """Return the files in the order they were added."""
        return tuple(Path(str(self.list.item(row).data(PATH))) for row in range(self.list.count()))

    def add(self, files: list[Path]) -> None:
        """Add the files that are not there yet."""
        known = set(self.paths())
        for path in files:
            if path not in known:
                known.add(path)
                row = QListWidgetItem(path.name)
                row.setData(PATH, str(path))
                row.setToolTip(plain_tip(str(path)))
                self.list.addItem(row)
        self._tell()

    def _remove(self) -> None:
        for row in self.list.selectedItems():
            self.list.takeItem(self.list.row(row))
        self._tell()

    def _choose_files(self) -> None:
        self.add(forms.choose_files(self, f"{self._name}: add files", IMAGES))

    def _choose_folder(self) -> None:
        folder = forms.choose_folder(self, f"{self._name}: add all images of a folder")
        if folder is not None:
            self.add_dropped(files_of(folder))

    def add_dropped(self, files: list[Path]) -> None:
        """Add those that are images by their names, and say how many are not."""
        images = [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]
        self._left_out = len(files) - len(images)
        self.add(images)

    def _tell(self) -> None:
        number = self.list.count()
        held = count(number, "file") if number else "Drop files or a folder here"
        self.state.setText(f"{held}; left out as no image: {self._left_out}" if self._left_out else held)
        self._left_out = 0
        self.remove.setEnabled(bool(number))
        self.changed.emit()


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(name)
    button.setAutoDefault(False)
    return button
