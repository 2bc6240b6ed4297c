"""The tree of items and captures: choose, drop files on an item, see what is compared."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QIcon,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeWidget, QTreeWidgetItem

from engine.core.case import Capture, Standing
from gui.session import Session
from gui.shell import theme
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.files import local_files
from gui.widgets.pictures import Pictures
from gui.widgets.text import heading_font, plain_tip
from gui.widgets.units import extent, scale_text, short_scale

ICON = QSize(6 * GRID, 6 * GRID)
ID = Qt.ItemDataRole.UserRole
SMOOTH = Qt.TransformationMode.SmoothTransformation
NAME, SCALE, USE = range(3)
CAPTURE_COMMANDS = (
    "case.questioned",
    "case.known",
    "case.compare",
    "",
    "case.scale",
    "case.calibrate",
    "case.copy_hash",
)


class ItemTree(QTreeWidget):
    """Items with their captures below; ``chosen`` follows the current row, ``dropped`` names files and item."""

    chosen = Signal()
    dropped = Signal(list, str)

    def __init__(self, session: Session, commands: CommandRegistry, pictures: Pictures) -> None:
        super().__init__()
        self._session = session
        self._commands = commands
        self._pictures = pictures
        self._captures: dict[str, tuple[Capture, QTreeWidgetItem]] = {}
        self._icons: dict[str, QIcon] = {}
        self._destroyed: Mapping[str, str] = {}
        self.setAccessibleName("Items and captures")
        self.setHeaderLabels(["Item, capture", "Scale", "Compare as"])
        self.setIconSize(ICON)
        self.setAcceptDrops(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAlternatingRowColors(True)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.currentItemChanged.connect(lambda *_: self.chosen.emit())
        self.itemActivated.connect(lambda *_: self._activate())
        pictures.ready.connect(self._show_picture)
        session.selection_changed.connect(self.mark_use)

    def current_capture(self) -> Capture | None:
        """Return the capture of the current row."""
        row = self.currentItem()
        entry = self._captures.get(str(row.data(NAME, ID))) if row is not None else None
        return entry[0] if entry is not None else None

    def current_item_id(self) -> str:
        """Return the item of the current row, or of the current row's capture; empty where there is none."""
        row = self.currentItem()
        if row is None:
            return ""
        parent = row.parent()
        return str((row if parent is None else parent).data(NAME, ID))

    def show_items(
        self,
        items: "tuple[tuple[str, str, Standing, bool], ...]",
        captures: dict[str, tuple[Capture, ...]],
        destroyed: Mapping[str, str],
    ) -> None:
        """Show the items (id, name, standing, simulated) with their captures; keep the current row.

        ``destroyed`` says by SHA-256 of which captures the bytes no longer exist, and by what order.
        """
        self._destroyed = destroyed
        current = self.currentItem()
        kept = str(current.data(NAME, ID)) if current is not None else ""
        self.blockSignals(True)
        self.clear()
        self._captures.clear()
        for item_id, name, standing, simulated in items:
            row = QTreeWidgetItem([name, "", standing.value])
            row.setData(NAME, ID, item_id)
            row.setFont(NAME, heading_font(self.font(), 3))
            row.setSizeHint(NAME, QSize(0, 4 * GRID))
            row.setToolTip(NAME, plain_tip(f"{name} ({standing.value}{', simulated' if simulated else ''})"))
            self.addTopLevelItem(row)
            for capture in captures.get(item_id, ()):
                self._add(row, capture)
        self.expandAll()
        self._choose(kept)
        self.blockSignals(False)
        self.mark_use()
        self.chosen.emit()

    def mark_use(self) -> None:
        """Say at each capture whether it is the questioned or the known one of the comparison."""
        colours = theme.colours()
        for capture_id, (_, row) in self._captures.items():
            use = {self._session.questioned_id: "questioned", self._session.known_id: "known"}.get(capture_id, "")
            row.setText(USE, use)
            row.setForeground(USE, QBrush(QColor(getattr(colours, use))) if use else QBrush())
        for number in range(self.topLevelItemCount()):
            row = self.topLevelItem(number)
            if row is not None:
                row.setForeground(USE, QBrush(QColor(colours.muted)))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_captures"):
            self.mark_use()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Offer what can be done with the row; also on the menu key."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        keys = CAPTURE_COMMANDS if self.current_capture() is not None else ("case.intake", "case.item")
        for key in keys:
            if key:
                menu.addAction(self._commands.action(key))
            else:
                menu.addSeparator()
        menu.popup(event.globalPos())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files, while they can be recorded."""
        if event.mimeData().hasUrls() and self._commands.action("case.intake").isEnabled():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Show which item the files would go to."""
        row = self.itemAt(event.position().toPoint())
        if row is not None:
            self.setCurrentItem(row)
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Hand the files on with the item they were dropped on."""
        self.dropped.emit(local_files(event.mimeData()), self._item_at(event.position().toPoint()))
        event.acceptProposedAction()

    def _item_at(self, place: QPoint) -> str:
        row = self.itemAt(place)
        if row is None:
            return ""
        parent = row.parent()
        return str((row if parent is None else parent).data(NAME, ID))

    def _add(self, parent: QTreeWidgetItem, capture: Capture) -> None:
        page = f", page {capture.page + 1}" if capture.page else ""
        gone = self._destroyed.get(capture.sha256, "")
        name = f"{capture.file_name}{page}{' (destroyed)' if gone else ''}"
        row = QTreeWidgetItem(parent, [name, short_scale(capture.scale), ""])
        row.setData(NAME, ID, capture.id)
        row.setSizeHint(NAME, QSize(0, ICON.height() + GRID))
        row.setToolTip(
            NAME, plain_tip(f"{capture.file_name}{page}\n{capture.device.value}, {extent(capture)}\n{gone}".rstrip())
        )
        row.setToolTip(SCALE, plain_tip(f"Scale: {scale_text(capture.scale)}"))
        self._captures[capture.id] = (capture, row)
        row.setIcon(NAME, theme.icon("image"))
        self._show_picture(capture.id)

    def _show_picture(self, capture_id: str) -> None:
        entry = self._captures.get(capture_id)
        if entry is None or entry[0].sha256 in self._destroyed:
            return
        if capture_id not in self._icons:
            pixmap = self._pictures.pixmap(capture_id)
            if pixmap is None:
                return
            side = 2 * ICON.width()  # sharp on a screen scaled to 200 %
            small = pixmap.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, SMOOTH)
            self._icons[capture_id] = QIcon(small)
        entry[1].setIcon(NAME, self._icons[capture_id])

    def _choose(self, key: str) -> None:
        """Make the row of that key current, else the first capture, else the first item."""
        rows = [self.topLevelItem(number) for number in range(self.topLevelItemCount())]
        found = self._captures.get(key)
        row = found[1] if found else next((row for row in rows if row is not None and row.data(NAME, ID) == key), None)
        if row is None and self._captures:
            row = next(iter(self._captures.values()))[1]
        if row is None and rows:
            row = rows[0]
        if row is not None:
            self.setCurrentItem(row)

    def _activate(self) -> None:
        capture = self.current_capture()
        if capture is None:
            return
        standing = self.standing_of_current()
        self._commands.run("case.known" if standing == Standing.KNOWN.value else "case.questioned")

    def standing_of_current(self) -> str:
        """Return whether the current row belongs to a questioned or a known item; empty where there is none."""
        row = self.currentItem()
        if row is None:
            return ""
        parent = row.parent()
        return (row if parent is None else parent).text(USE)
