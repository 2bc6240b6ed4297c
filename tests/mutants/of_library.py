"""Faults of libraries: labels mixed up, caches trusted, answers given that nothing holds for."""

from tests.mutants.mutant import Mutant

STORED = "tests/engine/store/test_library_in_store.py"
ROWS = "tests/engine/workflows/labels/test_rows.py"
SEARCH = "tests/engine/workflows/labels/test_searching.py"
ENROL = "tests/engine/workflows/labels/test_enrolment.py"
IDENTIFY = "tests/engine/workflows/labels/test_identification.py"
LIBRARY = "tests/engine/workflows/labels/test_library.py"
DECISION = "tests/engine/methods/micro_pattern/test_label_decision.py"
DECIDING = "engine/methods/micro_pattern/decision.py"

MUTANTS = (
    Mutant(
        "numbers-of-labels-overlap",
        "engine/store/writing.py",
        "    if run is not None and getattr(record, run[1]) != expected:\n",
        "    if run is not None and getattr(record, run[1]) > expected:\n",
        f"{STORED}::test_numbers_follow_on_without_a_gap",
    ),
    Mutant(
        "overlapping-numbers-not-verified",
        "engine/store/verify.py",
        "        if getattr(record, run[1]) != expected:\n",
        "        if getattr(record, run[1]) > expected:\n",
        f"{STORED}::test_numbers_follow_on_without_a_gap",
    ),
    Mutant(
        "embeddings-not-finite",
        "engine/store/segments.py",
        '    return table.dtype.kind != "f" or bool(np.isfinite(table).all())\n',
        '    return table.dtype.kind != "f" or bool(np.isfinite(table).any())\n',
        f"{STORED}::test_embeddings_are_finite",
    ),
    Mutant(
        "fields-of-labels-not-needed",
        "engine/store/kinds.py",
        '        needs=("field_sha256",),\n        texts=("field_sha256",),\n',
        '        mentions=("field_sha256",),\n        texts=("field_sha256",),\n',
        f"{STORED}::test_labels_need_the_original_bytes_of_their_fields",
    ),
    Mutant(
        "rows-trusted-unchecked",
        "engine/workflows/labels/rows.py",
        "            if digest.hexdigest() != column.sha256:\n",
        "            if not digest.hexdigest():\n",
        f"{ROWS}::test_every_spoilt_byte_is_noticed_and_the_file_made_again",
    ),
    Mutant(
        "rows-of-another-state-used",
        "engine/workflows/labels/rows.py",
        "(SCHEMA, source, layout.columns):",
        "(SCHEMA, header.source, layout.columns):",
        f"{ROWS}::test_a_file_of_another_state_or_layout_is_stale",
    ),
    Mutant(
        "chain-forgets-what-came-before",
        "engine/workflows/labels/rows.py",
        '        sources.append(sha256_hex(f"{sources[-1]} {segment}".encode()))\n',
        '        sources.append(sha256_hex(f"{segment}".encode()))\n',
        f"{ROWS}::test_a_state_that_went_another_way_shares_nothing",
    ),
    Mutant(
        "withdrawn-labels-found",
        "engine/workflows/labels/searching.py",
        'np.isin(numbers, np.array(library["withdrawn"], dtype=np.int64)) | ',
        "",
        f"{SEARCH}::test_what_does_not_count_is_never_found",
    ),
    Mutant(
        "later-labels-found",
        "engine/workflows/labels/searching.py",
        ' | (numbers > int(library["count"]))',
        "",
        f"{SEARCH}::test_what_does_not_count_is_never_found",
    ),
    Mutant(
        "a-label-found-once-a-turn",
        "engine/workflows/labels/searching.py",
        "        best = order[np.sort(first)][:k]\n",
        "        best = order[:k]\n",
        f"{SEARCH}::test_the_best_of_the_turns_is_that_of_a_slow_search",
    ),
    Mutant(
        "ties-by-turn-before-number",
        "engine/workflows/labels/searching.py",
        "np.lexsort((which, found, -alike))",
        "np.lexsort((found, which, -alike))",
        f"{SEARCH}::test_the_best_of_the_turns_is_that_of_a_slow_search",
    ),
    Mutant(
        "withdrawals-reach-into-the-past",
        "engine/workflows/labels/library_index.py",
        "state.withdrawn(sequence) if number <= count",
        "state.withdrawn() if number <= count",
        f"{IDENTIFY}::test_a_finding_is_recorded_and_made_again_among_the_labels_that_counted_then",
    ),
    Mutant(
        "vectors-of-any-length",
        "engine/workflows/labels/library_index.py",
        "np.abs(np.linalg.norm(vectors, axis=1) - 1).max() > UNIT",
        "np.abs(np.linalg.norm(vectors, axis=1) - 1).min() > UNIT",
        f"{IDENTIFY}::test_embeddings_that_are_not_of_unit_length_are_refused",
    ),
    Mutant(
        "field-enrolled-twice",
        "engine/workflows/labels/enrolment.py",
        "                if field.sha256 == sha256:\n",
        "                if field.sha256 == name:\n",
        f"{ENROL}::test_a_field_enrolled_before_is_refused_and_the_numbers_named",
    ),
    Mutant(
        "changed-file-enrolled",
        "engine/workflows/labels/enrolment.py",
        "            if self._store.add_evidence(taken.path, taken.path.suffix) == field.sha256:\n",
        "            if self._store.add_evidence(taken.path, taken.path.suffix):\n",
        f"{ENROL}::test_a_file_that_changes_meanwhile_is_refused",
    ),
    Mutant(
        "recorded-on-a-look-beforehand",
        "engine/workflows/labels/enrolment.py",
        "        if not self._record:\n            return\n",
        "",
        f"{ENROL}::test_nothing_is_recorded_on_a_look_beforehand",
    ),
    Mutant(
        "places-of-labels-unchecked",
        "engine/workflows/labels/library.py",
        "    if not inside or not np.array_equal(places[:, 0], expected):\n",
        "    if not inside:\n",
        f"{LIBRARY}::test_places_that_no_field_has_are_refused",
    ),
    Mutant(
        "second-stage-not-asked",
        DECIDING,
        "    if above and agrees:\n",
        "    if above:\n",
        f"{DECISION}::test_found_not_found_and_what_disagrees",
    ),
    Mutant(
        "real-captures-classified-by-a-simulated-point",
        DECIDING,
        "    if point.domain.simulated != found.simulated:\n",
        "    if point.domain.simulated < found.simulated:\n",
        f"{DECISION}::test_outside_the_domain_nothing_is_said",
    ),
    Mutant(
        "real-captures-classified-beside-simulated-labels",
        DECIDING,
        "    if found.library_simulated != found.simulated:\n",
        "    if found.library_simulated > found.simulated:\n",
        f"{DECISION}::test_outside_the_domain_nothing_is_said",
    ),
    Mutant(
        "points-of-other-weights-hold",
        DECIDING,
        '    if point.settings.get("embedder_key") != found.embedder_key:\n',
        '    if not point.settings.get("embedder_key"):\n',
        f"{DECISION}::test_outside_the_domain_nothing_is_said",
    ),
    Mutant(
        "matched-points-left-in-the-crop",
        "engine/workflows/labels/findings.py",
        "    questioned = in_capture(matched.questioned, found.corners, LABEL_PX)\n",
        "    questioned = matched.questioned\n",
        f"{IDENTIFY}::test_matched_points_of_a_finding_lie_in_the_capture",
    ),
)
