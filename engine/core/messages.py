"""Messages between processes: a line of JSON, and behind it the bytes of the arrays that it announces.

A message is an object. Where one of its own values is an array, the line says ``{"array": [type, shape]}`` and the
values follow the line, those of several arrays in the line's order. Nothing is unpickled, and no file is written.
"""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

ARRAY = "array"
ARRAY_TYPES = ("|u1", "<i4", "<i8", "<f4")
AXES = 4
# What is announced may be a lie: no message here holds more than the labels of a few batches.
MAX_ARRAY_BYTES = 256 << 20


def message(kind: str, values: Mapping[str, Any]) -> list[bytes | memoryview]:
    """Return what is to be written of values, arrays among them, as the message ``{kind: values}``."""
    arrays = [np.ascontiguousarray(value) for value in values.values() if isinstance(value, np.ndarray)]
    plain = {name: _announced(value) if isinstance(value, np.ndarray) else value for name, value in values.items()}
    return [json.dumps({kind: plain}).encode() + b"\n", *(array.data for array in arrays)]


def read_arrays(stream: IO[bytes], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a line with the arrays that it announces, read from behind it.

    Raises
    ------
    ValueError
        An array of another kind or size is announced than messages have, or the stream ends before its last value.
    """
    found, left = dict(values), MAX_ARRAY_BYTES
    for name, value in values.items():
        if isinstance(value, dict) and set(value) == {ARRAY}:
            dtype, shape = _checked(*value[ARRAY])
            size = math.prod(shape) * dtype.itemsize
            left -= size
            if left < 0:
                raise ValueError("arrays of too many values")
            data = bytearray(stream.read(size))
            if len(data) != size:
                raise ValueError("the stream ended within an array")
            found[name] = np.frombuffer(data, dtype=dtype).reshape(shape)
    return found


def _announced(array: NDArray[Any]) -> dict[str, Any]:
    if array.dtype.str not in ARRAY_TYPES:
        raise ValueError(f"an array of {array.dtype.str}")
    return {ARRAY: [array.dtype.str, array.shape]}


def _checked(dtype: object, shape: object) -> tuple[np.dtype[Any], tuple[int, ...]]:
    if dtype not in ARRAY_TYPES or not isinstance(shape, list) or len(shape) > AXES:
        raise ValueError("an array of another kind")
    if not all(type(length) is int and 0 <= length <= MAX_ARRAY_BYTES for length in shape):
        raise ValueError("an array of no shape")
    return np.dtype(str(dtype)), tuple(shape)
