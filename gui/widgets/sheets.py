"""Pages as pictures: scroll, zoom, fit the width."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from gui.shell import theme
from gui.shell.theme import GRID
from gui.widgets.buttons import tool_button
from gui.widgets.text import EmptyState, PlainLabel
from gui.widgets.units import count

# A4 is 210 mm wide; at 100 % a page is as wide as on paper at 96 pixels an inch.
PAGE_WIDTH = 794
ZOOMS = (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0)
GAP = 2 * GRID


class Sheets(QWidget):
    """Draws the pages one below the other."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._pages: tuple[QImage, ...] = ()
        self._zoom = 1.0

    def show_pages(self, pages: tuple[QImage, ...]) -> None:
        """Replace the pages."""
        self._pages = pages
        self._resize()

    def set_zoom(self, zoom: float) -> None:
        """Draw the pages at a share of their size on paper."""
        self._zoom = zoom
        self._resize()

    @property
    def count(self) -> int:
        """How many pages are shown."""
        return len(self._pages)

    @property
    def zoom(self) -> float:
        """The present zoom; 1 is the size on paper."""
        return self._zoom

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the pages that are in sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for page, place in zip(self._pages, self._places(), strict=True):
            if place.intersects(QRectF(event.rect())):
                painter.drawImage(place, page)
                painter.setPen(QColor(theme.colours().border))
                painter.drawRect(place)

    def _places(self) -> list[QRectF]:
        """Return where each page is drawn, in logical pixels."""
        width = PAGE_WIDTH * self._zoom
        left = max((self.width() - width) / 2, GAP)
        places, top = [], float(GAP)
        for page in self._pages:
            height = width * page.height() / page.width()
            places.append(QRectF(left, top, width, height))
            top += height + GAP
        return places

    def _resize(self) -> None:
        width = PAGE_WIDTH * self._zoom
        height = sum(width * page.height() / page.width() + GAP for page in self._pages) + GAP
        self.setMinimumSize(QSize(round(width) + 2 * GAP, round(height)))
        self.update()


class SheetView(QWidget):
    """The pages below a row of tools, or what to do where there is none yet.

    Parameters
    ----------
    name : str
        What the view shows, for assistive tools.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._fit = True
        self.sheets = Sheets(f"Pages: {name}")
        self.area = QScrollArea()
        self.area.setWidget(self.sheets)
        self.area.setWidgetResizable(True)
        # Always there: a bar that came with the pages would take from the width just fitted.
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.setAccessibleName(name)
        self.stack = QStackedWidget()
        self.state = PlainLabel(meaning="muted")
        self.percent = PlainLabel()
        self.zoom_out = tool_button("zoom-out", "Zoom out")
        self.zoom_in = tool_button("zoom-in", "Zoom in")
        self.fit = tool_button("fit", "Fit the width")
        self.zoom_out.clicked.connect(lambda: self.step(-1))
        self.zoom_in.clicked.connect(lambda: self.step(1))
        self.fit.clicked.connect(self.fit_width)

    def lay_out(self, empty: EmptyState, *buttons: QWidget) -> None:
        """Put what stands in for the pages, and the buttons before the tools, in their places."""
        self.empty = empty
        self.stack.addWidget(empty)
        self.stack.addWidget(self.area)
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        for button in buttons:
            tools.addWidget(button)
        tools.addWidget(self.state, 1)
        for widget in (self.zoom_out, self.percent, self.zoom_in, self.fit):
            tools.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(tools)
        column.addWidget(self.stack, 1)
        self._set_zoom(1.0)
        self.show_pages(())

    def show_pages(self, pages: tuple[QImage, ...]) -> None:
        """Show new pages; none brings the empty state back."""
        self.sheets.show_pages(pages)
        self.stack.setCurrentIndex(1 if pages else 0)
        self.state.show_text(count(len(pages), "page") if pages else "", "muted")
        for button in (self.zoom_out, self.zoom_in, self.fit):
            button.setEnabled(bool(pages))
        if self._fit:
            self.fit_width()

    def step(self, direction: int) -> None:
        """Go to the next zoom step up or down."""
        self._fit = False
        now = self.sheets.zoom
        steps = [z for z in ZOOMS if (z > now + 1e-6 if direction > 0 else z < now - 1e-6)]
        if steps:
            self._set_zoom(steps[0] if direction > 0 else steps[-1])

    def fit_width(self) -> None:
        """Make a page as wide as the room there is."""
        self._fit = True
        room = self.area.viewport().width() - 2 * GAP
        self._set_zoom(min(max(room / PAGE_WIDTH, ZOOMS[0]), ZOOMS[-1]))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the width fitted, unless another zoom was chosen."""
        super().resizeEvent(event)
        if self._fit:
            self.fit_width()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom with Ctrl and the wheel."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def _set_zoom(self, zoom: float) -> None:
        self.sheets.set_zoom(zoom)
        self.percent.setText(f"{100 * zoom:.0f} %")
