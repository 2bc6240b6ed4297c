"""The index of IDs answers as a plain dictionary does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.core.seeds import generator
from engine.traceability.index import IdIndex, Place

# Few values for the first 8 bytes and for the last 2, so that IDs agree in part and altogether.
few = st.tuples(st.sampled_from([0, 1, 255]), st.sampled_from([0, 255]), st.sampled_from([0, 1, 255]))
batches = st.lists(st.lists(few, min_size=1, max_size=8), min_size=0, max_size=5)


def raw(values: tuple[int, int, int]) -> bytes:
    return bytes([values[0], *[0] * 6, values[1], 7, values[2]])


def as_array(raws: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(raws), dtype=np.uint8).reshape(-1, 10)


@given(batches, batches, few)
def test_an_index_finds_what_a_dictionary_finds(first, later, extra) -> None:
    index, plain = IdIndex(), {}
    for group in (first, later):
        index.add([as_array([raw(value) for value in values]) for values in group])
    for number, values in enumerate([*first, *later]):
        for row, value in enumerate(values):
            plain.setdefault(raw(value), []).append(Place(number, row))
    wanted = [*plain, raw(extra), b"\xff" * 10, bytes(10)]
    for one in wanted:
        assert index.find(as_array([one])) == plain.get(one, [])
    assert index.batch_of(as_array(wanted)).tolist() == [plain[one][0].batch if one in plain else -1 for one in wanted]
    assert len(index) == sum(map(len, plain.values()))


def test_many_random_ids_are_found_in_their_batches() -> None:
    ids = generator(1, "ids").integers(0, 256, (5000, 10)).astype(np.uint8)
    index = IdIndex()
    index.add([ids[:2000], ids[2000:2001]])
    index.add([ids[2001:4000]])
    expected = np.repeat([0, 1, 2, -1], [2000, 1, 1999, 1000])
    np.testing.assert_array_equal(index.batch_of(ids), expected)
    assert index.find(ids[2500:2501]) == [Place(2, 499)]
