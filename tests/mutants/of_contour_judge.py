"""Faults of the published segmentation and of the judge: contours learnt under the wrong name, refusals overlooked."""

from tests.mutants.mutant import Mutant

PUBLISHED = "engine/methods/micro_pattern/published.py"
JUDGE = "engine/methods/micro_pattern/judge.py"
CONTOURS = "engine/methods/micro_pattern/contours.py"
LEARNING = "engine/methods/micro_pattern/judge_learning.py"
OF = "tests/engine/methods/micro_pattern"

MUTANTS = (
    Mutant(
        "smallest-contours-first",
        PUBLISHED,
        "key=cv2.contourArea, reverse=True)",
        "key=cv2.contourArea)",
        f"{OF}/test_published.py::test_no_more_than_the_field_should_show_are_taken_and_those_the_largest",
    ),
    Mutant(
        "white-and-black-swapped",
        PUBLISHED,
        "cv2.THRESH_BINARY)",
        "cv2.THRESH_BINARY_INV)",
        f"{OF}/test_published.py::test_a_gradient_of_ninety_and_less_is_black",
    ),
    Mutant(
        "judge-overruled",
        PUBLISHED,
        "    return found[judge(grey, found)][:count]\n",
        "    return found[:count]\n",
        f"{OF}/test_published.py::test_the_judge_decides_which_of_more_contours_are_kept",
    ),
    Mutant(
        "refused-and-cut-out-nonetheless",
        "engine/methods/micro_pattern/segmentation.py",
        "strict=True) if not label}\n",
        "strict=True) if label is None}\n",
        f"{OF}/test_judge.py::test_squares_on_a_form_are_named_and_not_cut_out",
    ),
    Mutant(
        "judge-without-margin",
        JUDGE,
        "        corners = (middle + MARGIN * (quad - middle) + 0.5) / step - 0.5\n",
        "        corners = (quad + 0.5) / step - 0.5\n",
        f"{OF}/test_judge.py::test_a_rectangle_is_seen_upright_with_a_margin",
    ),
    Mutant(
        "rows-skipped",
        JUDGE,
        "        step = min(max(1, int(MARGIN * length / side)), min(grey.shape))",
        "        step = min(max(1, int(0 * length / side)), min(grey.shape))",
        f"{OF}/test_judge.py::test_fine_lines_count_in_large_rectangles_by_their_share",
    ),
    Mutant(
        "remainder-of-a-batch-unjudged",
        JUDGE,
        "    for start in range(0, len(shown), AT_ONCE):\n",
        "    for start in range(0, len(shown) - AT_ONCE, AT_ONCE):\n",
        f"{OF}/test_judge.py::test_what_is_told_of_a_patch_does_not_depend_on_the_others",
    ),
    Mutant(
        "weights-of-anything-taken",
        JUDGE,
        "        if not fitting or ",
        "        if ",
        f"{OF}/test_judge.py::test_weights_of_something_else_are_refused",
    ),
    Mutant(
        "doubtful-contours-learnt",
        CONTOURS,
        "    return quads[away < limit] if near else quads[away > limit]\n",
        "    return quads[away < limit] if near else quads[away > limit / 2]\n",
        f"{OF}/test_contours.py::test_what_lies_between_a_label_and_none_is_left_out",
    ),
    Mutant(
        "common-kinds-learnt-more",
        LEARNING,
        "        others = [int(random.choice(self._others[kind])) for kind in kinds]\n",
        "        others = [int(random.choice(np.concatenate(self._others))) for kind in kinds]\n",
        f"{OF}/test_judge_learning.py::test_half_of_a_batch_are_labels_and_rare_kinds_of_others_are_as_frequent_as_common_ones",
    ),
)
