"""The map: laid out as a job, names over the classes, a lasso narrows the gallery, a point tells which label it is."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.pages.library.lasso import inside, thinned
from gui.pages.library.page import GALLERY, MAP
from gui.shell import theme
from tests.gui.labels import CLASSES, class_of

coordinate = st.integers(-20, 20)


@pytest.fixture
def mapped(page, settle, monkeypatch):
    """Return the page with a map: label N stands at column N of a row for its class."""

    def laid_out(vectors, seed, context):
        numbers = np.arange(1, len(vectors) + 1)
        return np.column_stack([numbers, 10.0 * (numbers % CLASSES)]).astype("<f4")

    monkeypatch.setattr("engine.workflows.labels.similarity_map._laid_out", laid_out)
    page.commands.run("library.map")
    settle()
    return page


def place(plot, x: float, y: float) -> QPoint:
    """Return where a point of the map stands on the widget."""
    from PySide6.QtCore import QPointF

    return plot.mapFromScene(plot.getViewBox().mapViewToScene(QPointF(x, y)))


def drag(plot, corners: list[QPoint]) -> None:
    first, *others = corners
    QTest.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, first)
    for corner in others:
        QTest.mouseMove(plot.viewport(), corner)
    QTest.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, others[-1])


def test_without_a_map_the_page_says_what_it_is_and_lays_it_out(page):
    page.tabs.setCurrentIndex(MAP)
    assert page.map.body.currentWidget() is page.map.empty
    assert not page.commands.action("library.map_fit").isEnabled()


def test_the_map_shows_every_label_and_the_names_of_the_classes(mapped):
    assert mapped.map.plot._xy.shape == (48, 2)
    assert {name for name, _x, _y in mapped.map.plot._names} == {class_of(number) for number in range(CLASSES)}
    assert mapped.map.note.text().startswith("48 labels. Near means alike")
    assert mapped.commands.action("library.map_fit").isEnabled()


def test_the_keyboard_stays_on_the_page_when_the_map_takes_the_place_of_the_gallery(page, qtbot):
    page.gallery.view.setFocus()
    page.commands.run("library.map")
    assert page.isAncestorOf(QApplication.focusWidget())


def test_a_lasso_leaves_its_labels_in_the_gallery_until_all_are_shown_again(mapped, qtbot):
    plot = mapped.map.plot
    drag(plot, [place(plot, x, y) for x, y in ((0.5, 55), (0.5, -5), (12.5, -5), (12.5, 55))])
    assert mapped.tabs.currentIndex() == GALLERY
    assert mapped.gallery.model.numbers.tolist() == list(range(1, 13))
    button = mapped.gallery.filters.map
    assert button.isVisible() and button.text() == "12 labels from the map: show all"
    assert plot._marked.sum() == 12
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(mapped.gallery.model.numbers) == 48 and not button.isVisible()


def test_a_lasso_around_nothing_changes_nothing(mapped):
    plot = mapped.map.plot
    drag(plot, [place(plot, x, y) for x, y in ((1.2, 4), (1.4, 4), (1.4, 6))])
    assert mapped.tabs.currentIndex() == MAP and mapped.gallery.filters.wanted().numbers is None


def test_a_label_under_the_mouse_is_named_and_opens_on_a_double_click(mapped):
    plot = mapped.map.plot
    at = place(plot, 20, 10.0 * (20 % CLASSES))
    QTest.mouseMove(plot.viewport(), at)
    assert mapped.map.told.text() == f"No. 000020, {class_of(20)}"
    QTest.mouseMove(plot.viewport(), place(plot, 30, 25))
    assert mapped.map.told.text() == ""
    QTest.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert mapped.gallery.chosen_numbers() == (20,)


def test_a_map_of_labels_that_have_changed_goes(mapped, session, settle):
    from tests.gui.labels import add_batch

    (library,) = session.store.libraries()
    add_batch(session.store, session.actor, library, 49)
    session.records_changed.emit()
    settle()
    assert mapped.map.body.currentWidget() is mapped.map.empty and not mapped.map.ready


def crossings(point, outline) -> int:
    """Count the edges right of a point, said plainly."""
    x, y = point
    found = 0
    for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            found += 1
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # drawing points is slow on a busy machine
@given(
    st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=30),
    st.lists(st.tuples(coordinate, coordinate), max_size=12),
)
def test_inside_is_what_an_odd_number_of_edges_surrounds(points, outline):
    points = [(x + 0.25, y + 0.25) for x, y in points]  # never on an edge's end
    found = inside(np.array(points), np.array(outline, dtype=float).reshape(-1, 2))
    expected = [len(outline) >= 3 and crossings(point, outline) % 2 == 1 for point in points]
    assert found.tolist() == expected


def test_a_long_line_is_thinned_and_keeps_its_ends():
    line = np.column_stack([np.arange(1000.0), np.zeros(1000)])
    kept = thinned(line)
    assert len(kept) == 200 and kept[0, 0] == 0 and kept[-1, 0] == 999
    assert thinned(line[:150]) is not None and len(thinned(line[:150])) == 150


@pytest.fixture
def plot(qtbot):
    """Return a plot of its own with a point in the middle of a square and at each of its corners but one."""
    from gui.pages.library.plot import MapPlot

    made = MapPlot(lambda held: None, lambda near: None, lambda near: None)
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.show()
    made.show_points(np.array([(-1, -1), (1, -1), (1, 1), (0, 0)], dtype=float), ())
    qtbot.waitExposed(made)
    return made


def colour_at(plot, x: float, y: float, right: int = 0) -> str:
    """Return the colour that the plot shows so many pixels right of a point of the map."""
    return plot.grab().toImage().pixelColor(place(plot, x, y) + QPoint(right, 0)).name()


@pytest.mark.parametrize("zoom", [1.0, 0.4, 3.0])
def test_every_point_is_drawn_where_it_lies_and_those_held_in_another_colour(plot, zoom):
    colours = theme.colours()
    plot.mark(np.arange(4) == 3)
    plot.getViewBox().scaleBy((zoom, zoom), center=(0, 0))
    assert colour_at(plot, 0, 0) == colours.questioned
    assert colour_at(plot, 0, 0, 12) == colours.base
    corner = place(plot, 1, 1)
    assert plot.rect().contains(corner) == (zoom >= 1)
    if zoom >= 1:
        assert colour_at(plot, 1, 1) not in (colours.base, colours.questioned)
        assert colour_at(plot, 1, 1, 12) == colours.base
        assert colour_at(plot, -1, -1) == colour_at(plot, 1, 1) and colour_at(plot, -1, 1) == colours.base


def test_points_take_the_colours_of_the_theme(plot, qtbot):
    plot.mark(np.arange(4) == 3)
    for scheme, colours in ((theme.Scheme.LIGHT, theme.LIGHT), (theme.Scheme.DARK, theme.DARK)):
        theme.apply(QApplication.instance(), scheme)
        qtbot.waitUntil(lambda colours=colours: colour_at(plot, 1, 1, 12) == colours.base)
        assert colour_at(plot, 0, 0) == colours.questioned
        assert colour_at(plot, 1, 1) not in (colours.base, colours.questioned)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_symbol_is_as_large_as_is_said_on_every_screen(qtbot, ratio):
    from gui.pages.library.points import PointsItem

    item = PointsItem("square", 6.0)
    item.set_colour(QColor("red"))
    image = item._drawn(ratio).toImage()
    cover = sum(image.pixelColor(x, y).alphaF() for x in range(image.width()) for y in range(image.height()))
    assert image.devicePixelRatio() == ratio and cover == pytest.approx((6 * ratio) ** 2, rel=0.05)
