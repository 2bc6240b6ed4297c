"""Faults of the second stage of a search, of silhouettes and of discs."""

from tests.mutants.mutant import Mutant

TESTS = "tests/engine/methods/micro_pattern"
POINTS = f"{TESTS}/test_correspondence.py"
FLAKES = f"{TESTS}/test_silhouettes.py"
DISCS = f"{TESTS}/test_discs.py"
CIRCLES = f"{TESTS}/test_circles.py"
SOURCE = "engine/methods/micro_pattern"

MUTANTS = (
    Mutant(
        "etched-lines-judged-like-film",
        f"{SOURCE}/correspondence.py",
        "low > ETCHED * level",
        "low >= 0",
        f"{POINTS}::test_etched_lines_alone_are_not_judged",
    ),
    Mutant(
        "points-turned-the-wrong-way",
        f"{SOURCE}/correspondence.py",
        "range(turn % 4)",
        "range(-turn % 4)",
        f"{POINTS}::test_points_are_told_in_the_crop_as_it_was_given",
    ),
    Mutant(
        "displacements-reversed",
        f"{SOURCE}/patches.py",
        "column - middle + _vertex",
        "middle - column + _vertex",
        f"{POINTS}::test_a_displacement_is_measured_to_a_tenth_of_a_pixel",
    ),
    Mutant(
        "found-anywhere-counts-as-found",
        f"{SOURCE}/patches.py",
        "shifts, axis=1) < TOLERANCE)",
        "shifts, axis=1) < 100)",
        f"{POINTS}::test_pieces_that_moved_apart_do_not_count_as_found",
    ),
    Mutant(
        "transform-not-taken-along",
        f"{SOURCE}/patches.py",
        "@ np.linalg.inv(chain[2])",
        "@ chain[2]",
        f"{POINTS}::test_points_are_taken_to_other_pixels_with_their_transform",
    ),
    Mutant(
        "polar-turn-mirrored",
        f"{SOURCE}/polar.py",
        "spectra(grid).conj()",
        "spectra(grid)",
        f"{FLAKES}::test_rotations_are_those_of_trying_each",
    ),
    Mutant(
        "flake-scaled-the-wrong-way",
        f"{SOURCE}/silhouettes.py",
        "known.radius / questioned.radius * _rotation(turn)",
        "questioned.radius / known.radius * _rotation(turn)",
        f"{FLAKES}::test_the_transform_lays_one_outline_on_the_other",
    ),
    Mutant(
        "noise-taken-for-a-flake",
        f"{SOURCE}/silhouettes.py",
        "if clear < CLEAR or not",
        "if not",
        f"{FLAKES}::test_what_shows_no_flake_is_named",
    ),
    Mutant(
        "disc-turned-the-wrong-way",
        f"{SOURCE}/discs.py",
        "turn, aside = -pose[0]",
        "turn, aside = pose[0]",
        f"{DISCS}::test_a_pattern_is_found_again",
    ),
    Mutant(
        "noise-taken-for-a-disc",
        f"{SOURCE}/circles.py",
        " and _step(density, outline, circle) >= DENSER",
        "",
        f"{DISCS}::test_what_shows_no_disc_is_named",
    ),
    Mutant(
        "one-level-for-all-discs",
        f"{SOURCE}/circles.py",
        "LEVELS = (1.0, 0.7, 1.3)",
        "LEVELS = (1.0,)",
        f"{CIRCLES}::test_several_levels_find_more_blurred_discs",
    ),
    Mutant(
        "last-circle-judged",
        f"{SOURCE}/discs.py",
        "better = alike > likeness",
        "better = alike > -2",
        f"{DISCS}::test_of_several_circles_the_one_that_shows_the_pattern_is_judged",
    ),
    Mutant(
        "contrast-of-levels-not-of-light",
        f"{SOURCE}/silhouettes.py",
        "share / 12.92, ((share + 0.055) / 1.055) ** 2.4)",
        "share, share)",
        f"{FLAKES}::test_the_contrast_is_the_share_of_light_that_is_lacking",
    ),
    Mutant(
        "clipped-channel-compared",
        f"{SOURCE}/silhouettes.py",
        "np.isin(side, (0, 255)).mean() < CLIPPED",
        "side.max() >= 0",
        f"{FLAKES}::test_the_contrast_is_the_share_of_light_that_is_lacking",
    ),
    Mutant(
        "flake-cut-off-taken-for-whole",
        f"{SOURCE}/silhouettes.py",
        "if mask[[0, -1]].any() or mask[:, [0, -1]].any():",
        "if mask.all():",
        f"{FLAKES}::test_a_flake_that_the_edge_cuts_off_is_named",
    ),
    Mutant(
        "nothing-told-where-none-stands-out",
        "engine/workflows/labels/unframed.py",
        "elif hits[0].score <= self._alike[0]:",
        "elif hits[0].score <= 0:",
        "tests/engine/cli/test_unframed.py::test_what_stands_out_from_no_known_capture_is_told",
    ),
    Mutant(
        "specks-taken-for-noise",
        f"{SOURCE}/silhouettes.py",
        "border & ~_specks(image - plane @ fitted, border)",
        "border",
        f"{FLAKES}::test_specks_beside_a_flake_leave_its_outline",
    ),
    Mutant(
        "specks-taken-for-the-flake",
        f"{SOURCE}/silhouettes.py",
        "SPECK_PX = 7",
        "SPECK_PX = 1",
        f"{FLAKES}::test_specks_beside_a_flake_leave_its_outline",
    ),
)
