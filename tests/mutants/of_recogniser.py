"""Faults of the recogniser's process, of networks on several cores, and of images kept in the cache."""

from tests.mutants.mutant import Mutant

INFERENCE = "engine/nn/inference.py"
OF_INFERENCE = "tests/engine/nn/test_inference.py"
WORKER = "engine/workflows/labels/recogniser_worker.py"
OF_WORKER = "tests/engine/workflows/labels/test_recogniser.py"

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
)
