"""Faults of the check of codes: decisions, the child process, qualification, classification in reports."""

from tests.mutants.mutant import Mutant

DECISION = "tests/engine/methods/two_level_qr/test_decision.py"
CODES = "tests/engine/workflows/codes/test_checks.py"
PRESS = "tests/engine/workflows/codes/test_qualification.py"
POINTS = "tests/engine/report/test_points.py"

MUTANTS = (
    Mutant(
        "accepted-above-the-threshold-only",
        "engine/methods/two_level_qr/decision.py",
        "    if indicator >= threshold:\n",
        "    if indicator > threshold:\n",
        f"{DECISION}::test_accepted_is_not_less_than_the_threshold",
    ),
    Mutant(
        "damage-taken-for-a-copy",
        "engine/methods/two_level_qr/decision.py",
        "    if local and elsewhere >= threshold:\n",
        "    if local and elsewhere >= 1:\n",
        f"{DECISION}::test_local_loss_makes_a_fail_inconclusive_only_where_the_rest_would_pass",
    ),
    Mutant(
        "real-captures-judged-by-simulated-points",
        "engine/methods/two_level_qr/decision.py",
        "    if domain.simulated != finding.simulated:\n",
        "    if domain.simulated and False:\n",
        f"{CODES}::test_outside_the_domain_a_code_is_measured_and_not_classified",
    ),
    Mutant(
        "any-series-judged-by-any-point",
        "engine/methods/two_level_qr/decision.py",
        "    if point.series_sha256 is None or point.series_sha256 not in made.input_sha256:\n",
        "    if point.series_sha256 is None:\n",
        f"{DECISION}::test_outside_the_domain_nothing_is_said",
    ),
    Mutant(
        "changed-image-not-read-again",
        "engine/workflows/codes/checker.py",
        "        if self._held is None or self._held.state != state:\n",
        "        if self._held is None:\n",
        f"{CODES}::test_an_image_that_changed_since_it_was_read_is_read_again",
    ),
    Mutant(
        "same-text-is-one-code",
        "engine/workflows/codes/checker.py",
        "        counts[reading.text] = counts.get(reading.text, 0) + 1\n",
        "        counts[reading.text] = 1\n",
        f"{CODES}::test_the_same_code_twice_in_an_image_is_an_anomaly_and_both_are_measured",
    ),
    Mutant(
        "tuned-on-the-test-half",
        "engine/workflows/codes/qualification.py",
        "    threshold = threshold_between_means(tuning.genuine, tuning.counterfeit)\n",
        "    threshold = threshold_between_means(test.genuine, test.counterfeit)\n",
        f"{PRESS}::test_threshold_and_rates_come_from_two_halves_without_a_common_code",
    ),
    Mutant(
        "codes-and-their-copies-on-both-sides",
        "engine/workflows/codes/qualification.py",
        "    for ids in (both, genuine.keys() - both, copies.keys() - both):\n",
        "    for ids in (genuine.keys(), copies.keys()):\n",
        f"{PRESS}::test_threshold_and_rates_come_from_two_halves_without_a_common_code",
    ),
    Mutant(
        "resolutions-compared-between-kinds-alone",
        "engine/workflows/codes/qualification.py",
        "    low, high = by_dpi[0], by_dpi[-1]\n",
        "    low, high = sorted((max(k.values(), key=lambda each: each.dpi) for k in (genuine, copies)), "
        "key=lambda each: each.dpi)\n",
        f"{PRESS}::test_what_would_make_the_rates_wrong_is_refused_and_nothing_recorded",
    ),
    Mutant(
        "printed-code-counted-twice",
        "engine/workflows/codes/qualification.py",
        "            if one.product_id in found:\n",
        "            if not one.product_id:\n",
        f"{PRESS}::test_what_would_make_the_rates_wrong_is_refused_and_nothing_recorded",
    ),
    Mutant(
        "locked-findings-passed-over-in-silence",
        "engine/workflows/verification.py",
        "            locked.append(_locked(store, entry.finding.id, error.series_id))\n",
        "",
        f"{CODES}::test_a_report_on_codes_verifies_and_is_run_again_where_the_series_is_unlocked",
    ),
    Mutant(
        "classification-not-compared",
        "engine/report/differences.py",
        "        *_classifications(recorded, rerun),\n",
        "",
        f"{POINTS}::test_another_classification_is_a_difference_and_another_wording_is_none",
    ),
    Mutant(
        "threshold-printed-without-its-rates",
        "engine/report/points.py",
        '        ["False accept rate", rate_text(point.far)],\n',
        "",
        f"{POINTS}::test_the_pages_tell_what_the_point_says_and_what_it_rests_on",
    ),
    Mutant(
        "investigative-though-classified",
        "engine/methods/two_level_qr/decision.py",
        '        cautions = tuple(caution for caution in cautions if caution.key != "investigative only")\n',
        "        cautions = tuple(cautions)\n",
        f"{DECISION}::test_a_finding_stays_investigative_only_where_no_point_holds",
    ),
)
