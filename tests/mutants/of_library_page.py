"""Faults of the Library page: labels shown, chosen, enrolled or found that should not be."""

from tests.mutants.mutant import Mutant

PAGE = "gui/pages/library"
TESTS = "tests/gui/pages/library"

MUTANTS = (
    Mutant(
        "shift-chooses-the-ends-alone",
        f"{PAGE}/view.py",
        "chosen.select(self.model().index(rows[0], 0), self.model().index(rows[-1], 0))",
        "chosen.select(self.model().index(rows[-1], 0), self.model().index(rows[-1], 0))",
        f"{TESTS}/test_library_view.py::test_shift_chooses_all_in_between_in_the_order_of_numbers",
    ),
    Mutant(
        "what-was-scrolled-past-is-read",
        f"{PAGE}/images.py",
        "        self._wanted.clear()\n        self._reading = True\n",
        "        self._reading = True\n",
        f"{TESTS}/test_library_view.py::test_of_many_labels_only_those_in_sight_are_read",
    ),
    Mutant(
        "looking-at-fields-enrols-them",
        f"{PAGE}/enrolling.py",
        "library, wish, done, record=False)",
        "library, wish, done, record=True)",
        f"{TESTS}/test_library_enrol.py::test_dropped_fields_are_checked_named_where_labels_lack_and_enrolled",
    ),
    Mutant(
        "withdrawn-labels-can-be-withdrawn-again",
        f"{PAGE}/gallery.py",
        "if not withdrawn[number - 1])",
        "if number)",
        f"{TESTS}/test_library_gallery.py::test_chosen_labels_are_withdrawn_with_a_reason_and_cannot_be_again",
    ),
    Mutant(
        "questioned-images-always-taken-for-real",
        f"{PAGE}/identify.py",
        '"simulated": self.simulated.isChecked(),',
        '"simulated": False,',
        f"{TESTS}/test_library_identify.py::test_a_dropped_label_is_found_and_answered_at_the_operating_point",
    ),
    Mutant(
        "points-turned-the-other-way",
        f"{PAGE}/pair.py",
        "np.column_stack((points[:, 1], LABEL_PX - 1 - points[:, 0]))",
        "np.column_stack((LABEL_PX - 1 - points[:, 1], points[:, 0]))",
        f"{TESTS}/test_library_identify.py::test_points_turn_with_the_image",
    ),
    Mutant(
        "simulated-label-becomes-a-real-item",
        f"{PAGE}/into_case.py",
        "wish.new_standing, simulated=simulated)",
        "wish.new_standing, simulated=False)",
        f"{TESTS}/test_library_identify.py::test_the_label_is_taken_into_the_open_case_as_a_finding",
    ),
    Mutant(
        "lasso-holds-all-left-of-it",
        f"{PAGE}/lasso.py",
        "found ^= crosses",
        "found |= crosses",
        f"{TESTS}/test_library_map.py::test_inside_is_what_an_odd_number_of_edges_surrounds",
    ),
    Mutant(
        "missing-weights-are-asked-for-again-and-again",
        f"{PAGE}/reading.py",
        "in (JobState.CANCELLED, JobState.FINISHED)",
        "in (JobState.CANCELLED, JobState.FINISHED, JobState.FAILED)",
        f"{TESTS}/test_library_index.py::test_without_weights_the_page_says_so_once",
    ),
    Mutant(
        "map-of-another-seed",
        "engine/workflows/labels/similarity_map.py",
        '{"vectors": made_from, "seed": seed, "most": MOST, "version": VERSION}',
        '{"vectors": made_from, "most": MOST, "version": VERSION}',
        "tests/engine/workflows/labels/test_similarity_map.py::test_a_map_of_other_embeddings_or_seed_is_another",
    ),
    Mutant(
        "range-without-its-last-number",
        "engine/workflows/labels/shelf.py",
        "(table.numbers <= high)",
        "(table.numbers < high)",
        "tests/engine/workflows/labels/test_shelf.py::test_a_filter_leaves_what_a_plain_loop_leaves",
    ),
    Mutant(
        "points-of-the-map-drawn-mirrored",
        f"{PAGE}/points.py",
        "[to.m21(), to.m22()]",
        "[to.m21(), -to.m22()]",
        f"{TESTS}/test_library_map.py::test_every_point_is_drawn_where_it_lies_and_those_held_in_another_colour",
    ),
    Mutant(
        "held-labels-drawn-like-the-others",
        f"{PAGE}/plot.py",
        "        self._held.set_colour(marked)\n",
        "        self._held.set_colour(plain)\n",
        f"{TESTS}/test_library_map.py::test_every_point_is_drawn_where_it_lies_and_those_held_in_another_colour",
    ),
    Mutant(
        "points-keep-the-colours-of-the-other-theme",
        f"{PAGE}/points.py",
        "self._colour, self._picture = colour, None",
        "self._colour = colour",
        f"{TESTS}/test_library_map.py::test_points_take_the_colours_of_the_theme",
    ),
    Mutant(
        "the-keyboard-leaves-the-page-with-the-gallery",
        "gui/pages/frame.py",
        "        self.tabs.setFocus(Qt.FocusReason.ShortcutFocusReason)\n",
        "",
        f"{TESTS}/test_library_map.py::test_the_keyboard_stays_on_the_page_when_the_map_takes_the_place_of_the_gallery",
    ),
)
