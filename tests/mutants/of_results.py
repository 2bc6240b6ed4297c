"""Faults of rates, simulation, jobs, reports, workflows and the command line."""

from tests.mutants.mutant import Mutant

RATES = "tests/engine/evaluation/test_rates.py"
CURVES = "tests/engine/evaluation/test_curves.py"
SIMULATION = "tests/engine/simulation"
JOBS = "tests/engine/test_jobs.py"
REPORT = "tests/engine/report"
WORKFLOWS = "tests/engine/workflows"
VERIFYING = f"{WORKFLOWS}/test_verification.py"
COMMANDS = "tests/engine/cli/test_commands.py"

FIGURES = (
    Mutant(
        "interval-one-sided",
        "engine/evaluation/rates.py",
        "    tail = (1 - level) / 2\n",
        "    tail = 1 - level\n",
        f"{RATES}::test_clopper_pearson_gives_the_published_interval",
    ),
    Mutant(
        "repeats-counted-as-objects",
        "engine/evaluation/rates.py",
        "        size = float(groups)\n",
        "        size = float(trials)\n",
        f"{RATES}::test_no_event_counts_objects_and_not_trials",
    ),
    Mutant(
        "far-and-frr-swapped",
        "engine/evaluation/rates.py",
        "        far=rate(accepted, counterfeit_objects, level=level),\n"
        "        frr=rate(rejected, genuine_objects, level=level),\n",
        "        far=rate(rejected, genuine_objects, level=level),\n"
        "        frr=rate(accepted, counterfeit_objects, level=level),\n",
        f"{RATES}::test_error_rates_count_what_they_say",
    ),
    Mutant(
        "counterfeit-at-the-threshold-not-counted",
        "engine/evaluation/rates.py",
        '"counterfeit scores") >= threshold',
        '"counterfeit scores") > threshold',
        f"{RATES}::test_error_rates_count_what_they_say",
    ),
    Mutant(
        "ties-broken-in-favour-of-the-genuine",
        "engine/evaluation/curves.py",
        'method="average"',
        'method="max"',
        f"{CURVES}::test_auc_is_the_share_of_pairs_in_order",
    ),
    Mutant(
        "threshold-chosen-on-the-tested-group",
        "engine/evaluation/curves.py",
        "choose(positive[~own_positive], negative[~own_negative])",
        "choose(positive, negative)",
        f"{CURVES}::test_held_out_errors_are_those_of_a_direct_loop",
    ),
    Mutant(
        "seed-ignored",
        "engine/core/seeds.py",
        "[str(seed), *map(str, names)]",
        "[*map(str, names)]",
        f"{SIMULATION}/test_channel.py::test_scan_is_the_same_for_the_same_seed",
    ),
    Mutant(
        "true-transform-inverted",
        "engine/simulation/channel.py",
        "np.linalg.inv(other.to_sheet.array()) @ view.to_sheet.array()",
        "np.linalg.inv(view.to_sheet.array()) @ other.to_sheet.array()",
        f"{SIMULATION}/test_geometry.py::test_finders_are_seen_where_the_ground_truth_says[0.0]",
    ),
    Mutant(
        "piece-turned-the-wrong-way",
        "engine/simulation/microscope.py",
        "np.array([[cosine, sine], [-sine, cosine]])",
        "np.array([[cosine, -sine], [sine, cosine]])",
        f"{SIMULATION}/test_microscope.py::test_the_piece_turns_clockwise",
    ),
    Mutant(
        "cancel-ignored",
        "engine/jobs.py",
        "                context.check_cancelled()\n                if time",
        "                if time",
        f"{JOBS}::test_cancel_ends_the_process_at_once",
    ),
    Mutant(
        "memory-limit-not-set",
        "engine/jobs.py",
        "            resource.setrlimit(resource.RLIMIT_AS, (size, size))\n",
        "            pass\n",
        "tests/engine/imaging/test_client.py::test_the_memory_limit_is_an_error_and_the_next_file_is_read",
    ),
    Mutant(
        "fault-of-a-child-swallowed",
        "engine/jobs.py",
        'send("error", {"kind": "JobError", "what": f"{type(error).__name__}: {error}"})',
        'send("result", {})',
        f"{JOBS}::test_a_fault_in_the_child_is_named",
    ),
    Mutant(
        "failed-job-called-finished",
        "engine/jobs.py",
        "            self._change(JobState.FAILED)\n",
        "            self._change(JobState.FINISHED)\n",
        f"{JOBS}::test_a_job_ends_finished_failed_or_cancelled",
    ),
    Mutant(
        "modules-beside-the-evidence-imported",
        "engine/jobs.py",
        '"-P", "-m"',
        '"-m"',
        f"{JOBS}::test_modules_in_the_working_folder_are_not_imported",
    ),
)

REPORTS = (
    Mutant(
        "printed-hash-not-compared",
        "engine/report/checking.py",
        "if printed_hash is None or printed_hash[1] != report.manifest_sha256:",
        "if printed_hash is None:",
        f"{REPORT}/test_checking.py::test_a_changed_opinion_in_the_manifest_is_found",
    ),
    Mutant(
        "retouched-picture-overlooked",
        "engine/report/checking.py",
        '    found += [Difference(where="pictures", recorded=ABSENT, found=sha256) for sha256 in sorted(unnamed)]\n',
        "",
        f"{REPORT}/test_checking.py::test_a_retouched_picture_is_found",
    ),
    Mutant(
        "report-number-not-checked",
        "engine/report/checking.py",
        "    found += _numbers(report, content)\n",
        "",
        f"{REPORT}/test_checking.py::test_a_foreign_page_is_found",
    ),
    Mutant(
        "score-tolerance-widened",
        "engine/report/differences.py",
        "<= recorded.tolerance",
        "<= 2 * recorded.tolerance",
        f"{REPORT}/test_differences.py::test_scores_agree_within_their_tolerance_only",
    ),
    Mutant(
        "other-outcome-overlooked",
        "engine/report/differences.py",
        '        "outcome": (recorded.outcome, rerun.outcome),\n',
        "",
        f"{REPORT}/test_differences.py::test_what_must_be_equal_to_the_letter_differs",
    ),
    Mutant(
        "scale-bar-without-scale",
        "engine/report/figures.py",
        "um_per_px = scale.um_per_px_x / factor[0] if scale else None",
        "um_per_px = scale.um_per_px_x / factor[0] if scale else 1.0",
        f"{REPORT}/test_render.py::test_without_a_scale_no_micrometre_is_shown_and_without_simulation_none_is_named",
    ),
    Mutant(
        "scale-bar-of-a-reduced-picture-too-long",
        "engine/report/figures.py",
        "um_per_px = scale.um_per_px_x / factor[0] if scale else None",
        "um_per_px = scale.um_per_px_x if scale else None",
        f"{REPORT}/test_figures.py::test_a_large_capture_is_reduced_and_says_so",
    ),
    Mutant(
        "printed-overlay-half-a-cell-off",
        "engine/report/figures.py",
        "    to_picture = resize_matrix(*factor) @ shift @ overlay.grid_to_capture.array()\n",
        "    to_picture = np.diag([*factor, 1.0]) @ shift @ overlay.grid_to_capture.array()\n",
        f"{REPORT}/test_figures.py::test_the_grid_stays_in_place_when_the_capture_is_enlarged_or_reduced",
    ),
    Mutant(
        "score-not-printed",
        "engine/report/view.py",
        "        measured(score.value, score.unit),\n        unit(score.unit),\n",
        "        number(None),\n        unit(score.unit),\n",
        f"{REPORT}/test_render.py::test_every_required_field_is_printed",
    ),
    Mutant(
        "report-number-not-printed",
        "engine/report/view.py",
        '        "number": content.number,\n        "title"',
        '        "number": "",\n        "title"',
        f"{REPORT}/test_render.py::test_each_page_carries_number_place_and_manifest_hash",
    ),
    Mutant(
        "simulated-not-said-on-the-pages",
        "engine/report/view.py",
        '"simulated": content.simulated,',
        '"simulated": False,',
        f"{REPORT}/test_render.py::test_simulated_captures_are_named_on_every_page",
    ),
    Mutant(
        "invisible-characters-printed-as-nothing",
        "engine/report/visible.py",
        '_HIDDEN = frozenset(("Cc", "Cf", ',
        '_HIDDEN = frozenset(("Cc", ',
        f"{REPORT}/test_visible.py::test_hidden_characters_are_shown_by_their_code_points",
    ),
)

ACTIONS = (
    Mutant(
        "ctrl-c-reaches-a-child-that-imports",
        "engine/jobs.py",
        "                with _uninterrupted():\n",
        "                with contextlib.nullcontext():\n",
        f"{JOBS}::test_ctrl_c_does_not_reach_a_process_that_is_still_importing",
    ),
    Mutant(
        "openvino-tells-its-maker",
        "engine/__init__.py",
        'sys.modules["openvino_telemetry"] = cast("Any", None)',
        "_ = sys, cast, Any",
        "tests/engine/nn/test_offline.py::test_nothing_connects_or_is_left",
    ),
    Mutant(
        "role-not-checked",
        "engine/workflows/cases.py",
        "    if actor.role not in roles:\n",
        "    if False:\n",
        f"{WORKFLOWS}/test_cases.py::test_only_examining_roles_open_cases",
    ),
    Mutant(
        "anyone-issues-reports",
        "engine/workflows/reports.py",
        '    require_role(actor, EXAMINING, "issue reports")\n',
        "",
        f"{VERIFYING}::test_a_producer_compares_nothing_and_issues_nothing",
    ),
    Mutant(
        "refusal-not-recorded",
        "engine/workflows/captures.py",
        '                store.commit(actor.id, "file refused", refusal, case_id=case_id)\n',
        "",
        f"{WORKFLOWS}/test_intake.py::test_of_two_hundred_files_the_bad_one_is_named_and_the_others_are_in",
    ),
    Mutant(
        "file-tag-before-the-stated-scale",
        "engine/workflows/captures.py",
        "        scale=scale or facts.tag_scale,\n",
        "        scale=facts.tag_scale,\n",
        f"{WORKFLOWS}/test_intake.py::test_a_stated_scale_goes_before_the_files_tag",
    ),
    Mutant(
        "todays-scale-at-the-re-run",
        "engine/workflows/findings.py",
        'model_copy(update={"scale": used.get(capture_id)})',
        "model_copy()",
        f"{VERIFYING}::test_a_finding_is_run_again_at_its_recorded_scale_not_at_todays",
    ),
    Mutant(
        "hash-of-the-pdf-not-compared",
        "engine/workflows/verification.py",
        '        *_unequal("PDF SHA-256", entry.pdf_sha256, report.pdf_sha256),\n',
        "",
        f"{VERIFYING}::test_a_file_that_is_not_the_pdf_issued_is_named",
    ),
    Mutant(
        "evidence-not-checked-at-verification",
        "engine/workflows/verification.py",
        "            found += _evidence(store, capture.sha256, capture.file_name, context)\n",
        "            pass\n",
        f"{VERIFYING}::test_changed_evidence_is_named_and_its_finding_is_not_run_on_it",
    ),
    Mutant(
        "lost-region-passed-over",
        "engine/report/differences.py",
        '            found.append(Difference(where=where, recorded="present", found=ABSENT))\n            continue\n',
        "            continue\n",
        f"{REPORT}/test_differences.py::test_a_region_that_is_lost_moved_or_on_another_capture_differs_even_without_scores",
    ),
    Mutant(
        "moved-points-passed-over",
        "engine/report/differences.py",
        "    if apart <= POINT_TOLERANCE_PX:\n",
        "    if True:\n",
        f"{REPORT}/test_differences.py::test_corresponding_points_that_moved_differ",
    ),
    Mutant(
        "anybody-destroys-evidence",
        "engine/workflows/destruction.py",
        '    require_role(actor, ADMINISTERING, "destroy evidence")\n',
        "",
        f"{WORKFLOWS}/test_destruction.py::test_only_an_administrator_destroys_and_only_by_an_order_and_once",
    ),
    Mutant(
        "tiles-outlive-destroyed-bytes",
        "engine/workflows/captures.py",
        "    if store.destruction(capture.sha256) is not None:\n",
        "    if False:\n",
        f"{WORKFLOWS}/test_destruction.py::test_bytes_and_tiles_are_gone_and_the_tombstone_stays",
    ),
    Mutant(
        "differences-of-the-re-run-dropped",
        "engine/workflows/verification.py",
        "                differences += found\n",
        "",
        f"{VERIFYING}::test_a_recorded_score_that_does_not_come_out_again_is_named",
    ),
    Mutant(
        "draft-kept-after-the-opinion",
        "engine/workflows/opinions.py",
        "    store.discard_draft(_draft_key(case_id))\n",
        "",
        f"{WORKFLOWS}/test_cases.py::test_an_opinion_replaces_its_draft_and_corrects_the_one_before",
    ),
    Mutant(
        "damaged-store-exits-as-an-input-error",
        "engine/cli/main.py",
        "        return STORE_FAULT\n",
        "        return USAGE\n",
        f"{COMMANDS}::test_a_command_on_a_damaged_store_is_exit_code_four_and_changes_nothing",
    ),
    Mutant(
        "failed-verification-exits-as-done",
        "engine/cli/stores.py",
        "    return 0 if verification.ok else STORE_FAULT\n",
        "    return 0\n",
        f"{COMMANDS}::test_a_damaged_store_is_exit_code_four",
    ),
    Mutant(
        "negative-finding-exits-as-done",
        "engine/cli/compare.py",
        "    return NEGATIVE if negative and options.fail_on_negative else 0\n",
        "    return 0\n",
        f"{COMMANDS}::test_comparing_other_patterns_fails_only_on_request",
    ),
    Mutant(
        "cancelled-exits-as-done",
        "engine/cli/main.py",
        "        return CANCELLED\n",
        "        return DONE\n",
        f"{COMMANDS}::test_cancelled_work_is_exit_code_130",
    ),
)

MUTANTS = (*FIGURES, *REPORTS, *ACTIONS)
