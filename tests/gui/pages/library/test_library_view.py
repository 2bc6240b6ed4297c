"""The grid of labels: where cells stand, what keys and the mouse choose, and that only what is seen is read."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest

from gui.pages.library.images import KEPT_BYTES, PAGE, LabelImages
from gui.pages.library.labels import Caption, LabelModel, cell_size, label_view
from gui.session import Session

MANY = 100_000


@pytest.fixture
def asked(monkeypatch):
    """Hand out images that are as grey as their number says, and list what was asked for."""
    calls: list[list[int]] = []

    def images(store, library_id, numbers):
        calls.append(list(numbers))
        if 13 in numbers:
            raise ValueError("thirteen cannot be read")
        return np.repeat((np.asarray(numbers) % 200).astype(np.uint8), 256 * 256).reshape(-1, 256, 256)

    monkeypatch.setattr("engine.workflows.labels.library.label_images", images)
    return calls


@pytest.fixture
def view(qtbot, session: Session, asked):
    session._store = QObject()  # pyright: ignore[reportAttributeAccessIssue] - only asked whether there is one
    owner = QObject()
    images = LabelImages(session, owner)
    images.use("library")
    model = LabelModel(images)
    made = label_view("Labels", model)
    made.owner = owner
    qtbot.addWidget(made)
    made.resize(7 * cell_size(made.fontMetrics().height()).width() + 60, 700)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    session._store = None


def show(view, count: int) -> None:
    view.model().show(np.arange(1, count + 1), lambda row: Caption("star" if row % 2 else "ring", row % 5 == 0))


def grey(view, row: int) -> int:
    """Return how light the middle of a cell's image is drawn."""
    place = view.visualRect(view.model().index(row, 0))
    return view.viewport().grab().toImage().pixelColor(place.left() + place.width() // 2, place.top() + 40).red()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(count=st.integers(0, 300), scroll=st.floats(0, 1), width=st.integers(200, 1200))
def test_every_place_on_the_view_belongs_to_the_cell_drawn_there(view, count, scroll, width):
    view.resize(width, 500)
    show(view, count)
    bar = view.verticalScrollBar()
    bar.setValue(round(scroll * bar.maximum()))
    cells = {row: view.visualRect(view.model().index(row, 0)) for row in range(count)}
    for x in range(0, view.viewport().width(), 37):
        for y in range(0, 500, 41):
            found = view.indexAt(QPoint(x, y))
            expected = [row for row, cell in cells.items() if cell.contains(x, y)]
            assert [found.row()] == (expected or [-1])
    inside = view.viewport().rect()
    assert set(view.seen()) >= {row for row, cell in cells.items() if cell.intersects(inside)}
    last = cells[count - 1].bottom() + bar.value() if count else 0
    assert bar.maximum() == max(0, last + 1 - view.viewport().height())


def test_keys_move_through_the_grid_and_stop_at_its_ends(view):
    show(view, MANY)
    columns = view.columns
    assert columns == 7
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    for key, row in (
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 1 + columns), (Qt.Key.Key_Left, columns),
        (Qt.Key.Key_Left, columns - 1), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 0), (Qt.Key.Key_End, MANY - 1),
        (Qt.Key.Key_Right, MANY - 1), (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(view, key)
        assert view.currentIndex().row() == row
        assert view.viewport().rect().contains(view.visualRect(view.currentIndex())), "in sight"
        assert view.chosen_rows() == [row]
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert view.currentIndex().row() % columns == 0 and view.currentIndex().row() >= 2 * columns


def test_shift_chooses_all_in_between_in_the_order_of_numbers(view):
    show(view, 200)
    middle = [view.visualRect(view.model().index(row, 0)).center() for row in range(40)]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle[5])
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, middle[16])
    assert view.chosen_rows() == list(range(5, 17))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, middle[10])
    assert view.chosen_rows() == [*range(5, 10), *range(11, 17)]
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.chosen_rows() == list(range(200))


def test_of_many_labels_only_those_in_sight_are_read(view, asked, settled, qtbot):
    show(view, MANY)
    settled()
    first = [number for page in asked for number in page]
    assert set(first) >= {row + 1 for row in view.seen()} and max(first) <= 2 * PAGE
    asked.clear()
    for step in range(1, 30):  # dragged through the whole library
        view.verticalScrollBar().setValue(step * view.verticalScrollBar().maximum() // 30)
        view.viewport().repaint()
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    settled()
    assert sum(map(len, asked)) < 6 * PAGE
    inside = view.viewport().rect()
    whole = [row for row in view.seen() if inside.contains(view.visualRect(view.model().index(row, 0)))]
    assert len(whole) >= 2 * view.columns
    plain, faded = [row for row in whole if row % 5], [row for row in whole if row % 5 == 0]
    shown = [(row + 1) % 200 for row in plain]  # the last page may still be on its way on a busy machine
    qtbot.waitUntil(lambda: [grey(view, row) for row in plain] == shown, timeout=20_000)
    assert all(grey(view, row) > (row + 1) % 200 for row in faded), "withdrawn labels are paler"


def test_memory_for_images_is_bounded(view, settled, monkeypatch):
    images = view.model().images
    monkeypatch.setattr("gui.pages.library.images.KEPT_BYTES", 112 * 112 * 80)
    show(view, MANY)
    for step in range(6):
        view.verticalScrollBar().setValue(step * 5000)
        settled()
        assert images._bytes <= 112 * 112 * 80 < KEPT_BYTES
        assert images._bytes == sum(image.sizeInBytes() for image in images._kept.values())


def test_what_cannot_be_read_says_so_once_and_is_asked_for_again_with_another_library(view, asked, settled):
    told: list[str] = []
    view.model().images.failed.connect(told.append)
    show(view, 14)
    settled()
    assert told == ["thirteen cannot be read"] and view.model().images.unreadable(13)
    view.viewport().repaint()
    settled()
    assert len(asked) == 1
    view.model().images.use("library")
    view.viewport().repaint()
    settled()
    assert len(asked) == 2


@pytest.fixture
def settled(qtbot, session, view):
    images = view.model().images

    def wait():
        view.viewport().repaint()
        qtbot.waitUntil(lambda: session.settled and not images._timer.isActive(), timeout=20_000)

    return wait


def test_however_small_one_whole_label_is_in_sight(view):
    show(view, 20)
    view.resize(view.minimumSizeHint())
    assert view.viewport().rect().contains(view.visualRect(view.model().index(0, 0)))
    assert view.viewport().height() < 2 * view.visualRect(view.model().index(0, 0)).height()
