"""Libraries for the tests of the window: labels with made-up images and embeddings, recorded as the program does."""

import numpy as np

from engine.core.case import Actor
from engine.core.library import LABEL_PX, FieldUsed, LabelBatch, Library
from engine.core.records import new_id
from engine.core.seeds import generator
from engine.simulation.glyphs import GLYPHS
from engine.store import Store
from engine.workflows.labels.library import make_library

KEY = "a" * 64
CLASSES = 6


def filled_library(
    store: Store, actor: Actor, *, name: str = "Films of the maker", batches: int = 2, count: int = 24
) -> Library:
    """Make a library of ``batches`` times ``count`` labels, twelve in a field."""
    library = make_library(store, actor, name, note="First wafer", simulated=True)
    for number in range(batches):
        add_batch(store, actor, library, 1 + number * count, count)
    return library


def add_batch(
    store: Store, actor: Actor, library: Library, first: int, count: int = 24, *, key: str = KEY,
    classes: tuple[str, ...] = GLYPHS,
) -> LabelBatch:  # fmt: skip
    """Record one batch of labels; the upper part of label N is as grey as N says, its class is N modulo ``CLASSES``."""
    random = generator(first, "labels of the window's tests")
    sha256 = [store.add_evidence(random.bytes(64), ".png") for _ in range(count // 12)]
    numbers = np.arange(first, first + count)
    at = np.arange(count)
    places = np.stack([at // 12, at % 12 // 4, at % 4, numbers % CLASSES], axis=1).astype("<i4")
    centres = generator(0, "classes of the window's tests").standard_normal((CLASSES, 256))
    vectors = centres[numbers % CLASSES] + 0.5 * random.standard_normal((count, 256))
    batch = LabelBatch(
        id=new_id("labels"), library_id=library.id, first_number=first, count=count,
        fields=tuple(
            FieldUsed(file_name=f"field-{first}-{place}.png", sha256=own, found=12) for place, own in enumerate(sha256)
        ),
        embedder_key=key, classes=classes, simulated=True,
    )  # fmt: skip
    crops = np.repeat((numbers % 200 + 20).astype("|u1")[:, None], LABEL_PX * LABEL_PX, axis=1)
    crops[:, -LABEL_PX * LABEL_PX // 4 :] = random.integers(0, 256, (count, LABEL_PX * LABEL_PX // 4))
    tables = {
        "crops": crops,
        "places": places,
        "corners": np.zeros((count, 8), dtype="<f4"),
        "measures": np.column_stack([0.01 * numbers, np.full(count, 0.9)]).astype("<f4"),
        "vectors": (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f4"),
    }
    store.commit(actor.id, "labels enrolled", batch, tables=tables)
    return batch


def class_of(number: int) -> str:
    """Return the pattern class that a label of these libraries has."""
    return GLYPHS[number % CLASSES]
