"""Faults of the store: lost durability, checks left out, foreign files trusted."""

from tests.mutants.mutant import Mutant

TESTS = "tests/engine/store"
POWER = f"{TESTS}/test_store_power.py::test_a_power_cut_anywhere_loses_nothing_acknowledged"
DISK = "engine/store/disk.py"
CHAIN = "engine/store/chain.py"

MUTANTS = (
    Mutant(
        "ledger-line-not-synced",
        DISK,
        "        disk.sync(file)\n    finally:",
        "        if not cut:\n            disk.sync(file)\n    finally:",
        f"{POWER}[opinion]",
    ),
    Mutant(
        "head-not-synced",
        DISK,
        "        disk.sync(file)\n    finally:",
        "        if cut:\n            disk.sync(file)\n    finally:",
        f"{POWER}[opinion]",
    ),
    Mutant(
        "new-file-not-synced",
        DISK,
        "        self._disk.sync(self._file)\n",
        "",
        f"{POWER}[intake]",
    ),
    Mutant(
        "folder-not-synced-after-rename",
        DISK,
        "        self._disk.sync_folder(target.parent)\n",
        "",
        f"{POWER}[intake]",
    ),
    Mutant(
        "drafts-kept-once",
        "engine/store/drafts.py",
        "        for name in FILES:\n            write_file",
        "        for name in FILES[:1]:\n            write_file",
        f"{TESTS}/test_drafts.py",
    ),
    Mutant(
        "head-moved-before-the-line-is-written",
        CHAIN,
        "        overwrite(self._disk, self._path / ledger.FILE, self.head.offset, line, cut=True)\n"
        "        heads.write_slot(self._disk, self._path / heads.FILE, 1 - self._slot, entry.head)\n",
        "        heads.write_slot(self._disk, self._path / heads.FILE, 1 - self._slot, entry.head)\n"
        "        overwrite(self._disk, self._path / ledger.FILE, self.head.offset, line, cut=True)\n",
        f"{POWER}[opinion]",
    ),
    Mutant(
        "same-head-slot-every-time",
        CHAIN,
        "        heads.write_slot(self._disk, self._path / heads.FILE, 1 - self._slot, entry.head)\n"
        "        self._slot = 1 - self._slot\n",
        "        heads.write_slot(self._disk, self._path / heads.FILE, self._slot, entry.head)\n",
        f"{TESTS}/test_ledger.py::test_the_slots_hold_the_last_two_heads",
    ),
    Mutant(
        "older-head-slot-believed",
        "engine/store/head.py",
        "newest, index = max(valid)",
        "newest, index = min(valid)",
        f"{TESTS}/test_store.py::test_what_was_committed_is_there_after_opening_again",
    ),
    Mutant(
        "event-beyond-head-accepted",
        "engine/store/generation.py",
        "if not slots.whole and not adopted and len(tail) == 1:",
        "if not adopted and len(tail) == 1:",
        f"{TESTS}/test_damaged_answers.py::test_a_whole_event_beyond_an_undamaged_head_was_not_acknowledged",
    ),
    Mutant(
        "cut-off-ledger-accepted",
        "engine/store/generation.py",
        "    problems += _end_problems(entries, since, head, size)\n",
        "",
        f"{TESTS}/test_damaged_answers.py::test_a_ledger_that_lost_its_last_event_is_cut_off_and_says_by_how_much",
    ),
    Mutant(
        "hash-in-head-not-compared-with-the-ledger",
        "engine/store/generation.py",
        "    if end != head:\n",
        "    if end.offset != head.offset:\n",
        f"{TESTS}/test_damaged_answers.py::test_a_last_event_rewritten_with_a_fitting_hash_is_not_the_acknowledged_one",
    ),
    Mutant(
        "hash-of-a-line-not-checked",
        "engine/store/ledger.py",
        "    if suffix[3].decode() != digest:\n",
        "    if False:\n",
        f"{TESTS}/test_ledger.py::test_any_changed_byte_spoils_a_line",
    ),
    Mutant(
        "chain-to-the-event-before-not-checked",
        "engine/store/ledger.py",
        "    if after.hash and suffix[1].decode() != after.hash:\n",
        "    if False:\n",
        f"{TESTS}/test_ledger.py::test_a_whole_line_that_follows_another_is_not_chained",
    ),
    Mutant(
        "order-of-events-not-checked",
        "engine/store/ledger.py",
        "    if int(suffix[2]) != after.count:\n",
        "    if False:\n",
        f"{TESTS}/test_ledger.py::test_a_missing_line_is_one_problem",
    ),
    Mutant(
        "line-changed-behind-the-projection",
        "engine/store/ledger.py",
        "            if sha256_hex(text) != entry.hash or ending",
        "            if ending",
        f"{TESTS}/test_ledger.py::test_a_damaged_store_opens_read_only_and_shows_what_is_whole",
    ),
    Mutant(
        "bytes-beyond-head-thrown-away",
        CHAIN,
        "        beyond = self._beyond(state.beyond, evidence) if state.beyond else None\n",
        "        beyond = None\n",
        f"{TESTS}/test_ledger.py::test_bytes_beyond_head_are_set_aside_and_recorded",
    ),
    Mutant(
        "evidence-hash-not-checked",
        "engine/store/evidence.py",
        "        if stored_sha256(path) != sha256:\n",
        "        if False:\n",
        f"{TESTS}/test_damaged_answers.py::test_damaged_evidence_is_not_handed_out_though_the_store_stays_open",
    ),
    Mutant(
        "damaged-evidence-kept-at-second-intake",
        "engine/store/evidence.py",
        "            if present is not None and stored_sha256(present) == sha256:\n",
        "            if present is not None:\n",
        f"{TESTS}/test_damaged_answers.py::test_damaged_evidence_is_mended_by_taking_it_in_again",
    ),
    Mutant(
        "segment-hash-not-checked",
        "engine/store/segments.py",
        "    if sha256_hex(data) != segment.sha256:\n",
        "    if False:\n",
        f"{TESTS}/test_segments.py::test_a_changed_or_missing_segment_is_named",
    ),
    Mutant(
        "links-in-foreign-segments-followed",
        "engine/store/segments.py",
        "    if not isinstance(file.get(name, getlink=True), h5py.HardLink):\n",
        "    if False:\n",
        f"{TESTS}/test_segments.py::test_a_foreign_segment_reaches_for_nothing[_external_link]",
    ),
    Mutant(
        "still-writable-after-a-failed-sync",
        "engine/store/store.py",
        "            self.read_only_reason = fault.what\n",
        "",
        f"{TESTS}/test_store_faults.py::test_a_failing_disk_at_every_call_loses_nothing[EIO]",
    ),
    Mutant(
        "damaged-store-opened-for-writing",
        "engine/store/store.py",
        "        if store.problems and not read_only:\n",
        "        if False:\n",
        f"{TESTS}/test_ledger.py::test_a_damaged_store_opens_read_only_and_shows_what_is_whole",
    ),
    Mutant(
        "destroyed-evidence-taken-in-again",
        "engine/store/store.py",
        '        if self._projection.find("evidence destroyed", sha256):\n            with self._guarded():',
        "        if False:\n            with self._guarded():",
        f"{TESTS}/test_store.py::test_evidence_is_destroyed_by_order_and_the_tombstone_stays",
    ),
    Mutant(
        "reference-to-nothing-accepted",
        "engine/store/writing.py",
        "            if projection.made(made_by, key) is None:\n",
        "            if False:\n",
        f"{TESTS}/test_damaged_answers.py::test_a_record_that_refers_to_nothing_is_refused",
    ),
    Mutant(
        "two-writers-at-once",
        "engine/store/lock.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        f"{TESTS}/test_lock.py::test_a_held_lock_is_told_of_and_a_dead_holder_frees_it",
    ),
    Mutant(
        "verify-passes-over-damaged-evidence",
        "engine/store/verify.py",
        "        elif damage := _damage(path, sha256):\n",
        '        elif damage := "":\n',
        f"{TESTS}/test_store_transfer.py::test_verify_names_what_is_damaged",
    ),
    Mutant(
        "import-writes-outside-its-folder",
        "engine/store/transfer.py",
        "if pattern.fullmatch(name)), None)",
        "if pattern.fullmatch(name)), GIB)",
        f"{TESTS}/test_store_transfer.py::test_a_foreign_export_that_is_not_whole_is_refused[_escape]",
    ),
    Mutant(
        "import-without-size-limit",
        "engine/store/transfer.py",
        "        if info.file_size > limit:\n",
        "        if False:\n",
        f"{TESTS}/test_damaged_answers.py::test_a_member_larger_than_any_store_has_is_refused_before_it_is_unpacked",
    ),
    Mutant(
        "import-without-checking-the-store",
        "engine/store/transfer.py",
        '            _refuse(found.problems, "The export is damaged")\n',
        "",
        f"{TESTS}/test_store_transfer.py::test_a_foreign_export_that_is_not_whole_is_refused[_other_evidence]",
    ),
    Mutant(
        "damaged-evidence-exported",
        "engine/store/transfer.py",
        "    if expected not in (None, digest.hexdigest()):\n",
        "    if False:\n",
        f"{TESTS}/test_store_transfer.py::test_a_damaged_store_is_not_exported_and_leaves_no_zip",
    ),
)
