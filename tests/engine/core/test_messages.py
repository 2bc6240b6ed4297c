"""Messages between processes come back as they were sent, and lies about arrays are found out."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.core import messages
from engine.core.messages import ARRAY_TYPES, message, read_arrays


def sent(values):
    """Return what arrives of values, and what is left in the stream behind them."""
    stream = io.BytesIO(b"".join(message("request", values)) + b"next\n")
    arrived = read_arrays(stream, json.loads(stream.readline())["request"])
    return arrived, stream.read()


@given(st.lists(arrays.arrays(st.sampled_from(ARRAY_TYPES), arrays.array_shapes(max_dims=4, min_side=0)), max_size=4))
def test_values_and_arrays_arrive_as_they_were_sent(given_arrays):
    values = {f"array {number}": array for number, array in enumerate(given_arrays)}
    arrived, rest = sent({"do": "search", **values, "k": [1, None, "ä"], "library": {"count": 3}})
    assert rest == b"next\n"
    assert (arrived["do"], arrived["k"], arrived["library"]) == ("search", [1, None, "ä"], {"count": 3})
    for name, array in values.items():
        assert arrived[name].dtype == array.dtype and arrived[name].shape == array.shape
        assert arrived[name].tobytes() == array.tobytes()
        assert arrived[name].flags.writeable


def test_an_array_need_not_lie_in_one_piece():
    whole = np.arange(24, dtype="<i4").reshape(4, 6)
    assert np.array_equal(sent({"part": whole[::2, 1::2]})[0]["part"], whole[::2, 1::2])


@pytest.mark.parametrize("array", [np.zeros(2), np.array([{}]), np.zeros(2, dtype=">i4"), np.array(["a"])])
def test_arrays_of_other_kinds_are_not_sent(array):
    with pytest.raises(ValueError, match="an array of"):
        message("request", {"array": array})


@pytest.mark.parametrize(
    ("announced", "reason"),
    [
        (["|O", [1]], "another kind"),
        (["<f8", [1]], "another kind"),
        (["|u1", 4], "another kind"),
        (["|u1", [1] * 5], "another kind"),
        ([["|u1"], [1]], "another kind"),
        (["|u1", [-1]], "no shape"),
        (["|u1", [True]], "no shape"),
        (["|u1", [1.0]], "no shape"),
        (["|u1", [1 << 40]], "no shape"),
        (["|u1", [1 << 20, 1 << 20]], "too many values"),
        (["|u1", [5]], "ended within"),
    ],
)
def test_lies_about_arrays_are_found_out(announced, reason):
    with pytest.raises(ValueError, match=reason):
        read_arrays(io.BytesIO(b"1234"), {"array": {"array": announced}})


def test_all_arrays_of_a_message_together_have_a_limit(monkeypatch):
    monkeypatch.setattr(messages, "MAX_ARRAY_BYTES", 8)
    line = {name: {"array": ["|u1", [5]]} for name in "ab"}
    with pytest.raises(ValueError, match="too many values"):
        read_arrays(io.BytesIO(bytes(10)), line)
