"""Faults of the recogniser's process, of networks on several cores, and of images kept in the cache."""

from tests.mutants.mutant import Mutant

INFERENCE = "engine/nn/inference.py"
OF_INFERENCE = "tests/engine/nn/test_inference.py"
WORKER = "engine/workflows/labels/recogniser_worker.py"
OF_WORKER = "tests/engine/workflows/labels/test_recogniser.py"
SEGMENTS = "engine/store/segments.py"
OF_SEGMENTS = "tests/engine/store/test_segments.py"
LIBRARY = "engine/workflows/labels/library.py"
OF_LIBRARY = "tests/engine/workflows/labels/test_library.py"

MUTANTS = (
    Mutant(
        "last-images-left-out",
        INFERENCE,
        "        for start in range(0, len(images), size):\n",
        "        for start in range(0, len(images) - size + 1, size):\n",
        f"{OF_INFERENCE}::test_a_batch_gives_what_its_images_give_alone",
    ),
    Mutant(
        "answers-to-the-wrong-images",
        INFERENCE,
        "(embedding[part], logits[part])",
        "(embedding[:size], logits[part])",
        f"{OF_INFERENCE}::test_a_batch_gives_what_its_images_give_alone",
    ),
    Mutant(
        "network-not-waited-for",
        INFERENCE,
        "            queue.wait_all()\n",
        "            pass\n",
        f"{OF_INFERENCE}::test_a_batch_gives_what_its_images_give_alone",
    ),
    Mutant(
        "quality-of-a-corner",
        WORKER,
        "eight[top : top + AROUND_PX, left : left + AROUND_PX]",
        "eight[top : top + AROUND_PX // 2, left : left + AROUND_PX // 2]",
        f"{OF_WORKER}::test_what_a_page_shows_is_measured_as_elsewhere",
    ),
    Mutant(
        "rows-of-a-segment-unchecked",
        SEGMENTS,
        " or hashlib.sha256(row.data).digest() != expected.tobytes()",
        "",
        f"{OF_SEGMENTS}::test_rows_are_read_alone_and_checked",
    ),
    Mutant(
        "rows-taken-to-lie-in-one-piece",
        SEGMENTS,
        " or dataset.chunks[1] != table.shape[1]",
        "",
        f"{OF_SEGMENTS}::test_rows_that_do_not_lie_in_one_piece_are_refused",
    ),
    Mutant(
        "images-of-the-labels-before",
        LIBRARY,
        "located.offsets[wanted[own] - 1], located.sha256[wanted[own] - 1]",
        "located.offsets[wanted[own] - 2], located.sha256[wanted[own] - 2]",
        f"{OF_LIBRARY}::test_where_the_cache_tells_where_images_lie_no_segment_is_read_whole",
    ),
    Mutant(
        "old-places-for-a-library-that-grew",
        LIBRARY,
        "    if known is None or known[0] is not state:\n",
        "    if known is None:\n",
        f"{OF_LIBRARY}::test_where_the_cache_tells_where_images_lie_no_segment_is_read_whole",
    ),
    Mutant(
        "a-process-for-each-finding",
        "engine/workflows/findings.py",
        "return repeat_identification(store, finding, context, recogniser)",
        "return repeat_identification(store, finding, context)",
        "tests/gui/pages/test_compare_labels.py::test_a_report_on_labels_is_issued_and_run_again",
    ),
    Mutant(
        "classes-named-by-the-last-weights",
        "engine/workflows/labels/shelf.py",
        "codes[batch.classes]\n        found",
        "codes[table.batches[-1].classes]\n        found",
        "tests/engine/workflows/labels/test_shelf.py::test_classes_have_the_names_that_the_weights_of_their_batch_gave_them",
    ),
    Mutant(
        "names-of-classes-not-recorded",
        "engine/workflows/labels/enrolment.py",
        "            classes=self._model.classes,\n",
        "",
        "tests/engine/workflows/labels/test_enrolment.py",
    ),
    Mutant(
        "arrays-without-end",
        "engine/core/messages.py",
        "            if left < 0:\n",
        "            if False:\n",
        "tests/engine/core/test_messages.py",
    ),
    Mutant(
        "arrays-cut-short",
        "engine/core/messages.py",
        "            if len(data) != size:\n",
        "            if False:\n",
        "tests/engine/core/test_messages.py",
    ),
)
