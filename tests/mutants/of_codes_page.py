"""Faults of the Codes page: something recorded, shown or allowed that should not be."""

from tests.mutants.mutant import Mutant

PAGE = "gui/pages/codes"
TESTS = "tests/gui/pages/codes"

MUTANTS = (
    Mutant(
        "checks-recorded-against-the-persons-wish",
        f"{PAGE}/checking.py",
        "sticker=wish.sticker, record=wish.record,",
        "sticker=wish.sticker, record=True,",
        f"{TESTS}/test_codes_checking.py::test_without_the_passphrase_a_code_is_looked_up_and_not_measured",
    ),
    Mutant(
        "outcome-of-a-check-said-twice",
        f"{PAGE}/words.py",
        "    told = {code.check.outcome}\n",
        "    told = set[str]()\n",
        f"{TESTS}/test_codes_checking.py::test_a_dropped_image_is_unlocked_checked_and_stands_in_the_history",
    ),
    Mutant(
        "preview-of-another-number-stays",
        f"{PAGE}/printing.py",
        "            changed.connect(lambda _value: self.view.show_pages(()))\n",
        "            changed.connect(lambda _value: None)\n",
        f"{TESTS}/test_codes_printing.py::test_a_preview_asks_for_the_passphrase_and_issues_nothing",
    ),
    Mutant(
        "timeline-in-the-order-of-texts",
        f"{PAGE}/timeline.py",
        "key=lambda entry: datetime.fromisoformat(entry.time)",
        "key=lambda entry: entry.time",
        f"{TESTS}/test_codes_lookup.py::test_the_timeline_is_in_order_and_marks_each_kind_apart",
    ),
    Mutant(
        "series-made-by-any-role",
        f"{PAGE}/working.py",
        "session.can_record and session.actor is not None and session.actor.role in roles",
        "session.can_record",
        f"{TESTS}/test_codes_series.py::test_only_producers_and_administrators_make_series",
    ),
    Mutant(
        "one-file-as-genuine-and-as-copy",
        f"{PAGE}/qualify.py",
        "set(genuine) & set(copies)",
        "set(genuine) & set(copies[:0])",
        f"{TESTS}/test_codes_presses.py::test_what_is_missing_is_said_first",
    ),
    Mutant(
        "page-that-was-not-chosen-is-checked",
        "gui/pages/codes/checking.py",
        "if chosen in (ALL, page)",
        "if chosen in (ALL, page, 0)",
        "tests/gui/pages/codes/test_codes_checking.py::test_which_pages_of_a_file_are_checked_is_asked",
    ),
    Mutant(
        "another-order-destroys-without-being-confirmed",
        "gui/pages/case/destroying.py",
        "        self.sure.setChecked(False)\n",
        "",
        "tests/gui/pages/test_case_page.py::test_an_administrator_destroys_bytes_by_an_order_named_twice",
    ),
    Mutant(
        "what-was-typed-of-a-press-is-lost",
        f"{PAGE}/series_actions.py",
        "        self._unqualified[series.id] = wish\n",
        "",
        f"{TESTS}/test_codes_presses.py::test_what_was_typed_stands_in_the_form_again_until_a_press_is_qualified",
    ),
    Mutant(
        "another-printing-than-the-chosen-one-told",
        f"{PAGE}/printings.py",
        "if each.record.id == key)",
        "if each.record.id != key)",
        f"{TESTS}/test_codes_printing.py::test_what_was_printed_is_listed_with_its_ids_its_files_and_who_did_it",
    ),
    Mutant(
        "printing-again-is-listed-only-when-the-store-is-opened-anew",
        f"{PAGE}/printing.py",
        "        self._session.run(title, work, done=done, ended=self._session.records_changed.emit)\n",
        "        self._session.run(title, work, done=done)\n",
        f"{TESTS}/test_codes_printing.py::test_what_was_printed_is_listed_with_its_ids_its_files_and_who_did_it",
    ),
)
