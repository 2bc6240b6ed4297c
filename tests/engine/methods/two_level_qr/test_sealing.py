"""A sealed series opens with its passphrase only, and nothing about it tells its secrets."""

import json
import traceback

import numpy as np
import pytest

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.core.records import canonical_json
from engine.core.seeds import generator
from engine.methods.two_level_qr import sealing
from engine.methods.two_level_qr.sealing import from_bytes, seal, to_bytes, unseal
from tests.engine.methods.two_level_qr.samples import KEY, series

PASSPHRASE = "horse battery staple"
SHIPPED_COST = sealing.COST  # before the tests lower it


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_series_comes_back_from_its_bytes(scheme: Scheme) -> None:
    made = series(scheme)
    again = from_bytes(to_bytes(made))
    assert again.facts() == made.facts()
    assert again.key == made.key
    np.testing.assert_array_equal(again.patterns, made.patterns)
    assert to_bytes(again) == to_bytes(made)


def test_a_sealed_series_opens_with_its_passphrase_only() -> None:
    sealed = seal(series(), PASSPHRASE)
    assert unseal(sealed, PASSPHRASE).facts() == series().facts()
    for other in (PASSPHRASE + " ", PASSPHRASE.upper(), "", "x" * 8):
        with pytest.raises(InputError, match="does not open"):
            unseal(sealed, other)


def test_letters_in_another_composition_are_the_same_passphrase() -> None:
    sealed = seal(series(), "caf\u00e9 au lait")
    assert unseal(sealed, "cafe\u0301 au lait").facts() == series().facts()


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(InputError, match="at least 8"):
        seal(series(), "1234567")


def test_a_passphrase_that_is_no_text_is_refused_without_being_told() -> None:
    undecoded = (PASSPHRASE.encode() + b"\xff").decode(errors="surrogateescape")
    for use in (lambda: seal(series(), undecoded), lambda: unseal(seal(series(), PASSPHRASE), undecoded)):
        with pytest.raises(InputError, match="no text") as raised:
            use()
        assert PASSPHRASE not in "".join(traceback.format_exception(raised.value))
        assert raised.value.__suppress_context__


def test_two_seals_of_one_series_share_nothing_but_the_header() -> None:
    first, second = seal(series(), PASSPHRASE), seal(series(), PASSPHRASE)
    start = len(sealing.MAGIC) + 1
    assert first[:start] == second[:start]
    assert first[start : start + 28] != second[start : start + 28]
    assert first[start + 28 :] != second[start + 28 :]
    assert KEY not in first
    assert KEY.hex().encode() not in first


def test_any_changed_bit_keeps_a_series_shut() -> None:
    sealed = seal(series(), PASSPHRASE)
    rng = generator(1, "bits")
    cost = len(sealing.MAGIC)
    places = [*rng.integers(0, len(sealed), 24).tolist(), cost]
    for place in places:
        spoilt = bytearray(sealed)
        spoilt[place] ^= 1 << int(rng.integers(8)) if place != cost else 1
        with pytest.raises(InputError):
            unseal(bytes(spoilt), PASSPHRASE)
    for spoilt in (sealed[:-1], sealed + b"\0", b"", sealed[: sealing.HEADER.size]):
        with pytest.raises(InputError):
            unseal(spoilt, PASSPHRASE)


@pytest.mark.parametrize("cost", [0, 13, 19, 63, 255])
def test_a_foreign_file_cannot_ask_for_all_memory_or_none(cost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = bytearray(seal(series(), PASSPHRASE))
    sealed[len(sealing.MAGIC)] = cost
    monkeypatch.setattr(sealing, "_stretched", lambda *_: pytest.fail("the passphrase was stretched"))
    with pytest.raises(InputError, match="asks for scrypt"):
        unseal(bytes(sealed), PASSPHRASE)


def test_the_shipped_cost_is_what_owasp_names_first() -> None:
    assert (SHIPPED_COST, sealing.BLOCK_SIZE, sealing.PARALLEL) == (17, 8, 1)
    assert sealing.COST in sealing.COSTS
    assert SHIPPED_COST in sealing.COSTS


def _changed(**values: object) -> bytes:
    return canonical_json({**json.loads(to_bytes(series())), **values})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff",
        _changed(format="other"),
        _changed(format_version=2),
        _changed(key="00"),
        _changed(more=1),
        _changed(patterns=""),
        _changed(patterns="ff" * 55),
        _changed(pattern_count=4),
        _changed(side_px=0),
        _changed(side_px=1 << 30),
        _changed(version=41),
        _changed(black_px=0),
        _changed(name="<script>"),
        _changed(epsilon="x"),
    ],
)
def test_bytes_that_are_no_series_are_refused_without_a_word_of_them(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        from_bytes(data)
    told = "".join(traceback.format_exception(caught.value))
    opened = json.loads(to_bytes(series()))
    assert opened["key"] not in told
    assert opened["patterns"][:24] not in told


def test_neither_series_nor_what_was_opened_shows_its_secrets() -> None:
    opened = sealing._Opened.from_json(json.loads(to_bytes(series())))
    for text in (repr(opened), str(opened), repr(series()), str(series())):
        assert KEY.hex() not in text
        assert repr(KEY) not in text
        assert opened.patterns[:24] not in text
