"""Faults of finding labels, alone and in fields, and of counting how labels are recognised."""

from tests.mutants.mutant import Mutant

SINGLE = "engine/methods/micro_pattern/single.py"
FIELD = "engine/methods/micro_pattern/segmentation.py"
FIELDS = "engine/workflows/labels/fields.py"
PROTOCOL = "engine/workflows/evaluation/label_protocol.py"
CAPTURES = "engine/workflows/evaluation/label_captures.py"
OF_SINGLE = "tests/engine/methods/micro_pattern/test_single.py"
OF_FIELD = "tests/engine/methods/micro_pattern/test_segmentation.py"
OF_FIELDS = "tests/engine/workflows/labels/test_fields.py"
OF_PROTOCOL = "tests/engine/workflows/evaluation/test_label_protocol.py"
OF_CAPTURES = "tests/engine/workflows/evaluation/test_label_captures.py"

MUTANTS = (
    Mutant(
        "hidden-sides-made-up",
        FIELD,
        "    shown = np.asarray((again.support >= SHOWN).all(axis=1))\n",
        "    shown = np.isfinite(fits).all(axis=(1, 2))\n",
        f"{OF_FIELD}::test_dirt_hides_a_label_where_it_leaves_little_of_a_side",
    ),
    Mutant(
        "all-fields-decoded-at-once",
        FIELDS,
        "            if len(ahead) > DECODERS:\n",
        "            if len(ahead) == len(paths):\n",
        f"{OF_FIELDS}::test_no_more_is_decoded_than_the_next_fields_and_that_ends_with_the_reader",
    ),
    Mutant(
        "decoding-outlasts-its-reader",
        FIELDS,
        "    for worker in workers:\n        worker.close()\n",
        "",
        f"{OF_FIELDS}::test_no_more_is_decoded_than_the_next_fields_and_that_ends_with_the_reader",
    ),
    Mutant(
        "share-of-the-mean-rounded-down",
        FIELD,
        "    limits = np.ceil(darkness",
        "    limits = np.floor(darkness",
        f"{OF_FIELD}::test_dark_is_what_lies_below_a_share_of_the_mean_around_it",
    ),
    Mutant(
        "particles-drag-lines",
        "engine/methods/micro_pattern/frames.py",
        "        keep = seen & (away <= limit[..., None])\n",
        "        keep = seen\n",
        "tests/engine/methods/micro_pattern/test_frames.py::test_a_line_is_that_of_the_points_that_agree",
    ),
    Mutant(
        "every-frame-sure",
        FIELD,
        "seen, misses < SURE, lattice",
        "seen, misses < 1, lattice",
        f"{OF_FIELD}::test_scratches_along_frames_move_no_corner_by_two_pixels",
    ),
    Mutant(
        "labels-forced-to-be-squares",
        FIELD,
        "    return (half - np.roll(half, 2, axis=0)) / 2",
        "    return 190.0 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])",
        f"{OF_FIELD}::test_labels_of_a_field_keep_the_shape_that_they_share",
    ),
    Mutant(
        "second-label-overlooked",
        SINGLE,
        "    if len(found) != 1:\n",
        "    if not found:\n",
        f"{OF_SINGLE}::test_two_labels_in_sight_are_named",
    ),
    Mutant(
        "no-second-label-looked-for",
        SINGLE,
        "        if len(found) > 1:\n",
        "        if found:\n",
        f"{OF_SINGLE}::test_two_labels_in_sight_are_named",
    ),
    Mutant(
        "pieces-left-apart",
        SINGLE,
        "        for count in range(2, len(largest) + 1):\n",
        "        for count in range(0):\n",
        f"{OF_SINGLE}::test_a_scratch_from_side_to_side_does_not_hide_the_frame",
    ),
    Mutant(
        "particles-move-frames",
        SINGLE,
        "fitted(UPRIGHT, frames.corners), stray=stray)",
        "frames.corners)",
        f"{OF_SINGLE}::test_particles_on_the_frame_do_not_move_it",
    ),
    Mutant(
        "any-label-is-right",
        PROTOCOL,
        "        return self.label == np.arange(len(self.label))\n",
        "        return self.label >= 0\n",
        f"{OF_PROTOCOL}::test_recognised_is_the_right_label_that_passes_and_refused_is_what_passes_with_none",
    ),
    Mutant(
        "not-found-counts-as-passing",
        PROTOCOL,
        "nan=-np.inf) >= threshold",
        "nan=np.inf) >= threshold",
        f"{OF_PROTOCOL}::test_recognised_is_the_right_label_that_passes_and_refused_is_what_passes_with_none",
    ),
    Mutant(
        "one-turn-searched",
        PROTOCOL,
        "        alike = at_turns.max(axis=1)\n",
        "        alike = at_turns[:, 0]\n",
        f"{OF_PROTOCOL}::test_best_matches_are_those_of_a_plain_search",
    ),
    Mutant(
        "likeliest-class-alone",
        "engine/methods/micro_pattern/embedding.py",
        "probabilities >= LIKELY",
        "probabilities >= probabilities.max(axis=1, keepdims=True)",
        f"{OF_PROTOCOL}::test_best_matches_are_those_of_a_plain_search",
    ),
    Mutant(
        "first-of-the-classes-alone",
        "engine/workflows/labels/searching.py",
        "[one for each in classes for one in each]",
        "[each[0] for each in classes for one in each]",
        "tests/engine/workflows/labels/test_searching.py::test_what_does_not_count_is_never_found",
    ),
    Mutant(
        "fakes-are-genuine",
        CAPTURES,
        "FAKE: (other, piece(other, glyph))",
        "FAKE: (other, piece(seed, glyph))",
        f"{OF_CAPTURES}::test_genuine_captures_show_the_known_label_and_fakes_its_glyph_on_another_film",
    ),
)
