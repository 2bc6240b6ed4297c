"""Faults of series and register: secrets let out, foreign tables trusted, IDs given twice, rights left unchecked."""

from tests.mutants.mutant import Mutant

STORE = "tests/engine/store/test_codes_in_store.py"
SEALING = "engine/methods/two_level_qr/sealing.py"
SERIES = "tests/engine/workflows/codes/test_series.py"
TRACING = "engine/workflows/codes/tracing.py"
TRACED = "tests/engine/workflows/codes/test_tracing.py"

MUTANTS = (
    Mutant(
        "export-carries-sealed-secrets",
        "engine/store/transfer.py",
        "    files += [(segments.FOLDER, sha256) for sha256 in stored]\n",
        "    files += [(segments.FOLDER, sha256) for sha256 in stored]\n"
        "    files += [(secrets.FOLDER, series.sealed_sha256) for series in store.code_series()]\n",
        f"{STORE}::test_no_export_holds_sealed_secrets_and_none_that_does_is_imported",
    ),
    Mutant(
        "backup-leaves-secrets-out",
        "engine/store/transfer.py",
        "                if (store.path / name).exists():  # what the copy lacks, its check tells\n",
        "                if not (store.path / name).exists():\n",
        "tests/engine/workflows/codes/test_series.py::test_an_export_leaves_the_secrets_out_and_a_backup_keeps_them",
    ),
    Mutant(
        "secrets-handed-out-unchecked",
        "engine/store/secrets.py",
        "        if sha256_hex(data) != sha256:\n",
        "        if not data:\n",
        f"{STORE}::test_damaged_secrets_are_told_and_never_handed_out",
    ),
    Mutant(
        "secrets-folder-not-synced",
        "engine/store/secrets.py",
        "            self._disk.sync_folder(self._folder.parent)\n",
        "",
        "tests/engine/store/test_store_power.py::test_a_power_cut_anywhere_loses_nothing_acknowledged[series]",
    ),
    Mutant(
        "backup-keeps-the-secrets-of-the-former-passphrase",
        "engine/store/transfer.py",
        "                sha256 = store.sealed_sha256(series.id)\n",
        "                sha256 = series.sealed_sha256\n",
        f"{SERIES}::test_a_changed_passphrase_opens_the_same_series_and_the_former_no_longer",
    ),
    Mutant(
        "former-secrets-stay-after-a-change-of-passphrase",
        "engine/store/store.py",
        "                self._secrets.remove(record.replaced_sha256)\n",
        "                pass\n",
        f"{SERIES}::test_a_changed_passphrase_opens_the_same_series_and_the_former_no_longer",
    ),
    Mutant(
        "sealed-anew-and-never-opened",
        "engine/workflows/codes/series.py",
        "    _opened(store, series_id, sha256, new)\n",
        "",
        f"{SERIES}::test_what_was_sealed_anew_is_opened_before_the_former_goes",
    ),
    Mutant(
        "rebuild-removes-the-last-sealed-secrets",
        "engine/store/rebuild.py",
        " and sealed.present(store.sealed_sha256(change.series_id))",
        "",
        f"{SERIES}::test_a_change_cut_short_before_the_former_file_is_removed_is_told_and_finished",
    ),
    Mutant(
        "former-secrets-that-stayed-not-told",
        "engine/store/verify.py",
        '            self._replaced[record.replaced_sha256] = f"event {event.sequence} ({event.kind})"\n',
        "",
        f"{SERIES}::test_a_change_cut_short_before_the_former_file_is_removed_is_told_and_finished",
    ),
    Mutant(
        "missing-secrets-not-told",
        "engine/store/verify.py",
        "(*state.notes, *check.notes, *check.left_out)",
        "(*state.notes, *check.notes)",
        f"{STORE}::test_missing_secrets_are_a_note_that_is_never_left_out",
    ),
    Mutant(
        "tables-of-a-foreign-store-not-compared-with-their-record",
        "engine/store/verify.py",
        "        if not tables_fit(event.kind, record, found.tables):\n",
        "        if record is None:\n",
        f"{STORE}::test_tables_that_do_not_fit_their_record_are_refused_at_commit_and_in_foreign_stores",
    ),
    Mutant(
        "tables-claim-any-memory",
        "engine/store/segments.py",
        "for dataset in checked.values()) > LIMIT:",
        "for dataset in checked.values()) < 0:",
        "tests/engine/store/test_segments.py::test_many_tables_cannot_claim_more_than_one_segment_holds",
    ),
    Mutant(
        "a-file-asks-for-any-memory-of-scrypt",
        SEALING,
        "    if cost not in COSTS:\n",
        "    if cost < 0:\n",
        "tests/engine/methods/two_level_qr/test_sealing.py::test_a_foreign_file_cannot_ask_for_all_memory_or_none",
    ),
    Mutant(
        "wrong-series-told-with-its-secrets",
        SEALING,
        "    except (ValidationError, ValueError, RecursionError):\n",
        "    except (RecursionError,):\n",
        "tests/engine/methods/two_level_qr/test_sealing.py",
    ),
    Mutant(
        "keyring-takes-any-series",
        "engine/workflows/codes/series.py",
        "    if series.facts() != recorded.facts:\n",
        "    if series is None:\n",
        "tests/engine/workflows/codes/test_series.py::test_secrets_of_another_series_are_not_taken_for_these",
    ),
    Mutant(
        "ids-without-the-key",
        "engine/traceability/ids.py",
        "hmac.digest(key, ",
        'hmac.digest(b"", ',
        "tests/engine/traceability/test_ids.py::test_a_batch_depends_on_key_and_batch_and_nothing_else",
    ),
    Mutant(
        "ids-given-twice",
        TRACING,
        "        if distinct(ids) and not register.issued_before(ids).any():\n",
        "        if distinct(ids):\n",
        f"{TRACED}::test_ids_that_were_issued_before_are_drawn_again",
    ),
    Mutant(
        "later-places-first",
        "engine/traceability/index.py",
        'np.searchsorted(self._heads, heads, "right") + ',
        'np.searchsorted(self._heads, heads, "left") + ',
        "tests/engine/traceability/test_index.py",
    ),
    Mutant(
        "anybody-issues-ids",
        TRACING,
        '    require_role(actor, PRODUCING, "issue IDs")\n',
        "",
        f"{TRACED}::test_only_producers_issue_and_only_from_an_unlocked_series",
    ),
    Mutant(
        "any-prefix-will-do",
        TRACING,
        "if found and series and prefix in (None, series.prefix):",
        "if found and series:",
        f"{TRACED}::test_an_id_behind_the_prefix_of_another_series_is_not_on_record",
    ),
    Mutant(
        "end-of-life-includes-its-own-moment",
        "engine/traceability/anomalies.py",
        "if each.time > ended and ",
        "if each.time >= ended and ",
        "tests/engine/traceability/test_anomalies.py::test_a_check_after_the_end_is_told_for_disposal_and_consumption",
    ),
    Mutant(
        "steps-in-the-future-count-for-nothing-else",
        "engine/traceability/anomalies.py",
        "    ordered = sorted((each.step for each in steps), ",
        "    ordered = sorted((each.step for each in steps if moment(each.step.time) - moment(each.recorded) <= DAY), ",
        "tests/engine/traceability/test_anomalies.py::test_a_step_in_the_future_hides_no_other_anomaly",
    ),
    Mutant(
        "cells-point-beyond-the-pool",
        "engine/traceability/texts.py",
        "high >= len(self._ends)",
        "high > len(self._ends)",
        "tests/engine/traceability/test_texts.py::test_foreign_tables_are_refused",
    ),
    Mutant(
        "passphrase-taken-for-a-file-name",
        "engine/cli/passphrases.py",
        "    parser.allow_abbrev = False",
        "    parser.allow_abbrev = True",
        "tests/engine/cli/test_codes.py::"
        "test_the_passphrase_may_stand_in_the_environment_and_never_among_the_arguments",
    ),
    Mutant(
        "passphrase-handed-to-child-processes",
        "engine/jobs.py",
        "            environment.pop(PASSPHRASE_VARIABLE, None)\n",
        "",
        "tests/engine/test_jobs.py::test_a_passphrase_in_the_environment_reaches_no_child",
    ),
    Mutant(
        "voidings-of-other-processes-overlooked",
        "engine/workflows/codes/sheets.py",
        "    store.refresh()\n",
        "",
        "tests/engine/workflows/codes/test_sheets.py::test_what_another_process_voided_is_not_printed",
    ),
    Mutant(
        "first-bad-image-stops-the-batch",
        "engine/cli/codes_check.py",
        "                refused += 1\n                continue\n",
        "                refused += 1\n                break\n",
        "tests/engine/cli/test_codes_check.py::test_an_image_that_cannot_be_checked_is_named_and_stops_no_other",
    ),
    Mutant(
        "one-scan-of-both-kinds-qualifies",
        "engine/workflows/codes/qualification.py",
        "    if images[0] & images[1]:",
        "    if images[0] == {}:",
        "tests/engine/workflows/codes/test_qualification.py::"
        "test_what_would_make_the_rates_wrong_is_refused_and_nothing_recorded",
    ),
)
