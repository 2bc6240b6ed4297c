"""A library as it is looked through: filters against a plain loop, and who enrolled what."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.jobs import JobContext
from engine.simulation.glyphs import GLYPHS
from engine.store import Store
from engine.workflows.labels.library import withdraw
from engine.workflows.labels.shelf import ENROLLED, STATES, UNKNOWN, WITHDRAWN, LabelFilter, rows_left, shelf
from tests.gui.labels import CLASSES, add_batch, class_of, filled_library

TEXTS = (
    "",
    "  ",
    "7",
    "No. 000012",
    "no 5-9",
    "40 to 60",
    "9-5",
    "field-25",
    "FIELD-1-0",
    "nothing like it",
    "12-",
    "0",
)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf") / "lab.touchstone"
    with Store.create(folder, laboratory="Lab", location="Town", administrator="Keeper") as store:
        library = filled_library(store, store.actors()[0])
        withdraw(store, store.actors()[0], library.id, [3, 30], "destroyed")
        yield shelf(store, library.id, JobContext())


def test_a_shelf_tells_batches_actors_reasons_and_classes(own):
    assert len(own.table) == own.overview.labels == 48
    assert [own.enrolled[batch.id][1] for batch in own.batches] == ["Keeper", "Keeper"]
    assert own.reasons == {3: "destroyed", 30: "destroyed"}
    assert own.class_name(int(own.table.classes[6])) == class_of(7) and own.class_name(-1) == UNKNOWN
    assert own.file_name(23) == "field-1-1.png" and own.file_name(24) == "field-25-0.png"
    assert [own.row(number) for number in (0, 1, 48, 49)] == [None, 0, 47, None]


def test_classes_have_the_names_that_the_weights_of_their_batch_gave_them(tmp_path):
    with Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper") as store:
        actor = store.actors()[0]
        library = filled_library(store, actor, batches=1, count=12)
        others = ("ring", "lion", GLYPHS[1])
        for first, classes in ((13, others), (25, ()), (37, GLYPHS)):
            add_batch(store, actor, library, first, 12, classes=classes)
        own = shelf(store, library.id, JobContext())
        told = [own.class_name(number) for number in own.table.classes.tolist()]
    assert told[:12] == told[36:] == [class_of(number) for number in range(1, 13)]
    given = [number % CLASSES for number in range(13, 25)]
    assert told[12:24] == [others[number] if number < len(others) else UNKNOWN for number in given]
    assert told[24:36] == [UNKNOWN] * 12
    assert len(set(own.class_names)) == len(own.class_names) == len({*GLYPHS, *others})
    rows = rows_left(own, LabelFilter(class_name="lion"))
    assert rows.tolist() == [row for row, name in enumerate(told) if name == "lion"] != []


def named(text, own, row):
    """Return whether a label passes a text, said plainly."""
    number = int(own.table.numbers[row])
    ranges = {"7": (7, 7), "No. 000012": (12, 12), "no 5-9": (5, 9), "40 to 60": (40, 60), "9-5": (9, 5), "0": (0, 0)}
    low, high = ranges.get(text.strip(), (1, 0))
    return not text.strip() or low <= number <= high or text.strip().lower() in own.file_name(row).lower()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.sampled_from(TEXTS), class_name=st.sampled_from(("", UNKNOWN, *GLYPHS[:7])), batch=st.integers(-1, 1),
    state=st.sampled_from(STATES), numbers=st.none() | st.sets(st.integers(1, 60), max_size=30),
)  # fmt: skip
def test_a_filter_leaves_what_a_plain_loop_leaves(own, text, class_name, batch, state, numbers):
    batch_id = own.batches[batch].id if batch >= 0 else ""
    chosen = None if numbers is None else np.array(sorted(numbers), dtype=np.int64)
    wanted = LabelFilter(text, class_name, batch_id, state, chosen)
    expected = [
        row
        for row in range(len(own.table))
        if named(text, own, row)
        and class_name in ("", own.class_name(int(own.table.classes[row])))
        and batch_id in ("", own.batches[own.table.batch[row]].id)
        and state in ("", WITHDRAWN if int(own.table.numbers[row]) in own.reasons else ENROLLED)
        and (numbers is None or int(own.table.numbers[row]) in numbers)
    ]
    assert rows_left(own, wanted).tolist() == expected
    if wanted.lets_all_pass:
        assert expected == list(range(len(own.table)))
