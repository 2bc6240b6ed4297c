"""The index: built and tested as jobs whose outcome is told; the network is loaded once, and its lack is told."""

from engine.core.errors import ModelError
from gui.widgets.notes import NoteDialog
from tests.gui.driving import dialog


def lines() -> list[str]:
    """Return what the open note tells, and close it."""
    note = dialog(NoteDialog)
    told = note.text.toPlainText().splitlines()
    note.close()
    return told


def test_an_index_is_built_and_compared_with_an_exact_search(enrolled, open_window, settle):
    open_window.commands.run("library.index")
    settle()
    told = lines()
    assert told[0].startswith("12 labels, flat") and "Built in" in told[-1]
    open_window.commands.run("library.test")
    settle()
    told = lines()
    assert told[0].startswith("The same label first: 100.0 %")
    assert told[-1] == "Compared with an exact search, 1 hit for each label"


def test_labels_of_this_network_need_no_new_embedding(enrolled):
    assert not enrolled.commands.action("library.embed").isEnabled()
    assert enrolled.libraries.caution.isHidden()


def test_the_network_is_loaded_when_labels_are_looked_at_and_again_after_the_case_was_left(enrolled, session, settle):
    assert session.recogniser.warm and enrolled.reader.model is not None
    session.recogniser.let_go()
    enrolled.refresh()
    settle()
    assert session.recogniser.warm


def test_without_weights_the_page_says_so_once(empty_page, session, settle, errors):
    from tests.gui.labels import filled_library

    asked = []

    def broken():
        asked.append(1)
        raise ModelError("The weights cannot be read", where="weights-1", remedy="Install the program anew")

    session.recogniser._make = broken
    filled_library(session.store, session.actor)
    for _ in range(3):
        session.records_changed.emit()
        settle()
    assert "Nothing can be identified. weights-1: The weights cannot be read" in empty_page.libraries.caution.text()
    assert asked == [1] and errors == []
    assert empty_page.gallery.model.rowCount() == 48, "labels are shown all the same"
