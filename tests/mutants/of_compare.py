"""Faults of the Compare page with codes: a verdict, a mark or a word that is not what was recorded."""

from tests.mutants.mutant import Mutant

CODES = "tests/gui/pages/test_compare_codes.py"
ALONE = "tests/gui/stage/test_alone.py"
HISTOGRAM = "tests/gui/widgets/test_histogram.py"

MUTANTS = (
    Mutant(
        "outside-the-domain-shown-as-inconclusive",
        "gui/widgets/outcome.py",
        "    if not found.within_domain:\n",
        "    if False:\n",
        f"{ALONE}::test_the_panel_says_what_the_operating_point_says",
    ),
    Mutant(
        "histogram-cuts-off-what-lies-outside-the-scores",
        "gui/widgets/histogram.py",
        "    low, high = min(every), max(every)\n",
        "    low, high = min(own or every), max(own or every)\n",
        f"{HISTOGRAM}::test_every_score_falls_into_a_bin",
    ),
    Mutant(
        "histogram-marks-the-threshold-twice",
        "gui/widgets/histogram.py",
        'InfiniteLine(scores.value, 90, stroke("value", colours))',
        'InfiniteLine(scores.threshold, 90, stroke("value", colours))',
        f"{HISTOGRAM}::test_the_plot_counts_both_kinds_and_marks_threshold_and_value",
    ),
    Mutant(
        "uniform-loss-called-local",
        "gui/pages/compare/code_words.py",
        'for kind in ("local", "uniform") if f"{kind} loss" in keys',
        'for kind in ("local", "uniform") if f"{kind} loss" not in keys',
        f"{CODES}::test_a_copy_does_not_pass_and_its_loss_is_uniform",
    ),
    Mutant(
        "keyring-outlives-its-store",
        "gui/session.py",
        "            self.keyring.lock()\n        self.keyring = None if store is None else _empty_keyring()\n",
        "            pass\n        self.keyring = None if store is None else _empty_keyring()\n",
        f"{CODES}::test_a_locked_series_asks_for_its_passphrase_and_then_the_code_passes",
    ),
    Mutant(
        "code-not-fitted-but-the-whole-scan",
        "gui/stage/scene.py",
        "self._mapped() if self.alone else self.outline(side)",
        "self.outline(side)",
        f"{ALONE}::test_one_capture_has_the_stage_to_itself_and_its_code_is_fitted",
    ),
    Mutant(
        "arrows-cannot-be-turned-off",
        "gui/stage/evidence.py",
        "        if is_displacement(overlay) and style.arrows:\n",
        "        if is_displacement(overlay):\n",
        f"{ALONE}::test_displacements_are_arrows_or_colours",
    ),
    Mutant(
        "used-checker-survives-letting-go",
        "gui/warm_checker.py",
        "                    kept = generation == self._generation\n",
        "                    kept = True\n",
        "tests/gui/test_warm_checker.py::test_letting_go_ends_it_at_once_or_when_it_comes_back",
    ),
)
