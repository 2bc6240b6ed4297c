"""IDs cannot be foreseen without the key, and come back from their text as they were."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.traceability.ids import ALPHABET, ProductIds, distinct, from_written, new_ids, typed_id, written

KEY = bytes(range(32))
RFC_4648 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
raw_ids = st.lists(st.binary(min_size=10, max_size=10), min_size=1, max_size=20)


def as_array(raws: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(raws), dtype=np.uint8).reshape(-1, 10)


@given(raw_ids)
def test_texts_are_base_32_of_the_bytes(raws: list[bytes]) -> None:
    by_library = [base64.b32encode(raw).translate(bytes.maketrans(RFC_4648, ALPHABET)).decode() for raw in raws]
    assert written(as_array(raws)) == by_library
    assert list(ProductIds(as_array(raws))) == by_library
    np.testing.assert_array_equal(from_written(by_library), as_array(raws))


def test_a_batch_depends_on_key_and_batch_and_nothing_else() -> None:
    ids = new_ids(KEY, "batch-0000000000000001", 2000)
    assert ids.shape == (2000, 10)
    np.testing.assert_array_equal(ids, new_ids(KEY, "batch-0000000000000001", 3000)[:2000])
    everything = {*map(bytes, ids)}
    for other in (new_ids(bytes(32), "batch-0000000000000001", 2000), new_ids(KEY, "batch-0000000000000002", 2000)):
        assert not everything & {*map(bytes, other)}
    assert len(everything) == 2000


def test_every_bit_of_an_id_is_as_often_one_as_zero() -> None:
    share = np.unpackbits(new_ids(KEY, "batch-0000000000000003", 20_000), axis=1).mean(axis=0)
    assert abs(share - 0.5).max() < 5 * 0.5 / np.sqrt(20_000)


def test_an_id_is_no_pattern_word() -> None:
    """IDs are public: what they are drawn from must share nothing with what patterns are drawn from."""
    from engine.methods.two_level_qr.keyed import keyed_words

    ids = new_ids(KEY, "batch-0000000000000001", 4).tobytes()
    for names in (("product ids", "batch-0000000000000001"), ("product ids\0batch-0000000000000001",), ()):
        assert keyed_words(KEY, *names, count=5).tobytes() != ids


@pytest.mark.parametrize(
    "text", ["", "0" * 15, "0" * 17, "O" * 16, "a" * 16, "0" * 15 + "\n", "\N{ARABIC-INDIC DIGIT ZERO}" * 16]
)
def test_what_is_no_id_is_named(text: str) -> None:
    with pytest.raises(InputError, match="no product ID"):
        from_written(["0" * 16, text])


def test_typing_is_forgiven_as_crockford_says() -> None:
    assert typed_id(" il0o-abcd efgh-jkmn ") == "1100ABCDEFGHJKMN"
    assert typed_id("1100ABCDEFGHJKM") is None
    assert typed_id("U" * 16) is None


def test_ids_are_sliced_and_counted() -> None:
    ids = ProductIds(new_ids(KEY, "batch-0000000000000001", 30_000))
    texts = list(ids)
    assert len(ids) == len(texts) == 30_000
    assert list(ids[20_000:20_003]) == texts[20_000:20_003] == [ids[at] for at in range(20_000, 20_003)]
    assert ids[-1] == texts[-1]


def test_ids_that_stand_twice_are_not_distinct() -> None:
    ids = new_ids(KEY, "batch-0000000000000001", 100)
    assert distinct(ids)
    assert not distinct(np.concatenate([ids, ids[40:41]]))
