"""Faults of the evaluation of copy detection: thresholds, rates, attackers."""

from tests.mutants.mutant import Mutant

EVALUATION = "tests/engine/workflows/evaluation/test_two_level_qr.py"
ATTACKS = "tests/engine/simulation/test_attacks.py"
FORGERS = "tests/engine/workflows/evaluation/test_code_attacks.py"

MUTANTS = (
    Mutant(
        "threshold-tested-on-its-own-codes",
        "engine/workflows/evaluation/code_protocol.py",
        "return scores[1::2] if self.halved else scores",
        "return scores",
        f"{EVALUATION}::test_codes_that_a_threshold_was_set_on_are_not_tested_by_it",
    ),
    Mutant(
        "limit-itself-rejected",
        "engine/workflows/evaluation/code_protocol.py",
        "(indicators >= self.low)",
        "(indicators > self.low)",
        f"{EVALUATION}::test_a_rule_accepts_its_own_limits",
    ),
    Mutant(
        "threshold-set-on-the-other-scanner",
        "engine/workflows/evaluation/two_level_qr.py",
        "_only(own, kind, 1)",
        "_only(own, kind, 2)",
        f"{EVALUATION}::test_thresholds_are_carried_over_from_plain_copies_of_experiment_1",
    ),
    Mutant(
        "pieces-of-one-attacker-counted-as-independent",
        "engine/workflows/evaluation/two_level_qr.py",
        "return rate(happened, clusters)",
        "return rate(happened)",
        f"{EVALUATION}::test_pooled_intervals_count_attackers_and_not_their_pieces",
    ),
    Mutant(
        "unread-piece-accepted",
        "engine/workflows/evaluation/code_protocol.py",
        "NOT_READ = -1.0",
        "NOT_READ = 1.0",
        f"{EVALUATION}::test_a_piece_that_cannot_be_read_is_rejected",
    ),
    Mutant(
        "made-up-ids-all-known",
        "engine/workflows/evaluation/code_attacks.py",
        "[made_up in issued for",
        "[True for",
        f"{FORGERS}::test_made_up_ids_pass_only_where_they_were_issued",
    ),
    Mutant(
        "patterns-printed-in-the-wrong-modules",
        "engine/simulation/attacks.py",
        "blocks[textured] = patterns",
        "blocks[textured] = patterns[::-1]",
        f"{ATTACKS}::test_a_forgery_with_the_true_patterns_is_the_producers_own_ink",
    ),
    Mutant(
        "offsets-of-modules-ignored",
        "engine/simulation/attacks.py",
        "x, y = offsets[row, column] + seen.margin",
        "x, y = 0 * offsets[row, column] + seen.margin",
        f"{ATTACKS}::test_modules_are_laid_upon_one_another",
    ),
)
