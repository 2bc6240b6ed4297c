"""What a short payload leaves equal in a QR code, against codes encoded independently of the ones compared with."""

import numpy as np
import pytest
import segno

from engine.imaging.identity_padding import equal_modules, format_of


def modules(text: str, level: str = "M", mask: int = 3, version: int = 4) -> np.ndarray:
    code = segno.make(text, version=version, error=level, mask=mask, boost_error=False, micro=False)
    return np.array([list(row) for row in code.matrix], dtype=bool)


@pytest.mark.parametrize("level", "LMQH")
@pytest.mark.parametrize("mask", range(8))
def test_level_and_mask_are_read_from_the_code(level, mask):
    assert format_of(modules("abc", level, mask)) == (level, mask)


@pytest.mark.parametrize("text", ["12345678", "TS-4711-0000", "ts-4711-0000"])
def test_what_is_called_equal_is_equal_in_a_code_of_other_content(text):
    swapped = text.translate(str.maketrans("0123456789TSts", "9876543210XYxy"))
    equal = equal_modules(text, modules(text))
    alike = modules(text) == modules(swapped)
    assert alike[equal].mean() > 0.99
    assert equal.mean() > 0.4  # finders, timing, headers and all the padding


def test_a_payload_that_fills_its_code_leaves_only_the_structure_equal():
    text = "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxy"
    assert 0.2 < equal_modules(text, modules(text)).mean() < 0.35


def test_a_text_that_is_not_the_codes_own_leaves_nothing_out():
    assert not equal_modules("something else", modules("TS-4711-0000")).any()
    assert not equal_modules("x" * 500, modules("TS-4711-0000")).any()
