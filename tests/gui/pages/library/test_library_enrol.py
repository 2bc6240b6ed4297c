"""Enrolling: images are checked first and nothing is recorded; what is missing is named; then labels are enrolled."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.pages.library.dialogs import CheckedDialog, EnrolDialog
from gui.pages.library.page import GALLERY
from gui.widgets.notes import NoteDialog
from tests.gui.driving import dialog, drop


def accept(form) -> None:
    QTest.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)


def checked(page, files, settle, *, single: bool = False) -> CheckedDialog:
    """Drop files on the gallery and have them checked."""
    page.tabs.setCurrentIndex(GALLERY)
    drop(page, files)
    form = dialog(EnrolDialog)
    assert form.files.paths() == tuple(files)
    if single:
        form.kind.setCurrentIndex(1)
    accept(form)
    settle()
    return dialog(CheckedDialog)


def test_dropped_fields_are_checked_named_where_labels_lack_and_enrolled(
    empty_page, library, captures, session, settle
):
    page, before = empty_page, session.store.head.sequence
    files = [captures / "field.png", captures / "lacking.png", captures / "something else.png"]
    form = checked(page, files, settle)
    rows = [form.table.rows.row(row) for row in range(3)]
    assert [row[:2] for row in rows] == [("field.png", "12 of 12"), ("lacking.png", "11 of 12"), (files[2].name, "0")]
    assert rows[0][2] == "" and "row 2, column 3: missing" in rows[1][2] and "array" in rows[2][2]
    assert form.accept_button.text() == "Enrol 23 labels"
    assert session.store.head.sequence == before, "nothing is recorded by looking"
    accept(form)
    settle()
    told = dialog(NoteDialog).text.toPlainText().splitlines()
    assert told[0] == "23 labels enrolled in Films: No. 000001 to 000023."
    assert "lacking.png: row 2, column 3: missing" in told
    assert page.gallery.model.numbers.tolist() == list(range(1, 24))
    (batch,) = session.store.label_batches(library.id)
    assert [field.found for field in batch.fields] == [12, 11]
    assert session.store.evidence(batch.fields[0].sha256).read_bytes() == files[0].read_bytes()


def test_who_changes_their_mind_enrols_nothing(empty_page, library, captures, session, settle):
    form = checked(empty_page, [captures / "field.png"], settle)
    QTest.keyClick(form, Qt.Key.Key_Escape)
    settle()
    assert session.store.label_batches(library.id) == ()


def test_a_field_is_not_enrolled_twice(enrolled, captures, settle):
    form = checked(enrolled, [captures / "field.png"], settle)
    assert "already" in form.table.rows.row(0)[2] or "before" in form.table.rows.row(0)[2]
    assert not form.accept_button.isEnabled() and "No label" in form.missing.text()


def test_an_image_of_one_label_is_enrolled_alone(empty_page, library, captures, session, settle):
    form = checked(empty_page, [captures / "questioned.png"], settle, single=True)
    assert form.accept_button.text() == "Enrol 1 label"
    accept(form)
    settle()
    assert dialog(NoteDialog).text.toPlainText().startswith("1 label enrolled")
    assert [batch.count for batch in session.store.label_batches(library.id)] == [1]


def test_a_file_that_is_no_image_is_named_and_the_others_go_on(empty_page, library, captures, tmp_path, settle):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG no image")
    form = checked(empty_page, [broken, captures / "field.png"], settle)
    assert form.table.rows.row(0)[:2] == ("broken.png", "0") and form.table.rows.row(0)[2]
    assert form.accept_button.text() == "Enrol 12 labels"


def test_the_dialog_asks_for_images_and_takes_a_folder(empty_page, library, captures, open_window):
    open_window.commands.run("library.enrol")
    form = dialog(EnrolDialog)
    assert not form.accept_button.isEnabled() and form.missing.text() == "An image is needed."
    (captures / "notes.txt").write_text("no image")
    drop(form.files.list, [captures])
    (captures / "notes.txt").unlink()
    assert len(form.files.paths()) == 5 and "left out as no image: 1" in form.files.state.text()
    assert form.accept_button.isEnabled()
