"""Faults of Compare page and report with labels: a candidate, a point or a library that is not what was found."""

from tests.mutants.mutant import Mutant

PAGE = "tests/gui/pages/test_compare_labels.py"
BEHIND = "tests/engine/workflows/labels/test_candidates.py"
REPORT = "tests/engine/report/test_labels.py"
RENDERER = "tests/gui/stage/test_renderer.py"

MUTANTS = (
    Mutant(
        "points-of-another-candidate-drawn",
        "engine/workflows/labels/candidates.py",
        "if point.reference == match.reference)",
        "if point.reference is not None)",
        f"{PAGE}::test_another_candidate_is_shown_with_its_own_points",
    ),
    Mutant(
        "candidate-laid-without-its-quarter-turn",
        "engine/workflows/labels/candidates.py",
        "for turn in range(TURNS)]",
        "for turn in range(1)]",
        f"{BEHIND}::test_a_few_points_are_enough_to_turn_the_candidate_the_right_way",
    ),
    Mutant(
        "candidates-stay-without-their-finding",
        "gui/pages/compare/label.py",
        "        if self._finding is None or self._placing or",
        "        if True or",
        f"{PAGE}::test_the_candidates_go_with_their_finding",
    ),
    Mutant(
        "label-not-found-named-all-the-same",
        "gui/widgets/outcome.py",
        "if said is not None and said.passes else",
        "if said is not None else",
        f"{PAGE}::test_a_label_that_is_not_enrolled_is_not_found_and_names_none",
    ),
    Mutant(
        "place-in-the-field-forgotten",
        "gui/pages/compare/label.py",
        "library.id, place=place, classified",
        "library.id, place=None, classified",
        f"{PAGE}::test_a_label_of_a_field_is_named_by_its_place",
    ),
    Mutant(
        "residual-colours-the-wrong-way-round",
        "gui/stage/evidence.py",
        "len(RESIDUAL_COLOURS) * residuals / largest",
        "len(RESIDUAL_COLOURS) * (1 - residuals / largest)",
        f"{RENDERER}::test_matched_points_are_coloured_by_their_residual",
    ),
    Mutant(
        "report-takes-a-moved-label-for-the-same",
        "engine/workflows/labels/reported_libraries.py",
        "    if own == label:\n",
        "    if own.number == label.number:\n",
        f"{BEHIND}::test_a_library_that_is_not_the_reported_one_is_a_difference",
    ),
    Mutant(
        "point-moved-to-another-label-unnoticed",
        "engine/report/differences.py",
        'for what in ("held_out", "reference"):',
        'for what in ("held_out",):',
        f"{REPORT}::test_a_point_that_belongs_to_another_label_is_a_difference",
    ),
    Mutant(
        "all-labels-searched-whatever-was-chosen",
        "gui/pages/compare/label.py",
        "        classified = self.choice.likely.isChecked()\n",
        "        classified = False\n",
        f"{PAGE}::test_only_the_likely_classes_are_searched_where_that_is_chosen",
    ),
    Mutant(
        "search-of-likely-classes-told-as-of-all",
        "gui/pages/compare/label_words.py",
        '    if among and finding.provenance.settings.get("classified"):\n',
        "    if not among:\n",
        f"{PAGE}::test_only_the_likely_classes_are_searched_where_that_is_chosen",
    ),
)
