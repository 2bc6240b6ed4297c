"""A series keeps its secrets out of every text, and assigns patterns as its scheme says."""

import json

import numpy as np
import pytest

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.methods.two_level_qr.series import Series
from tests.engine.methods.two_level_qr.samples import KEY, series


def forms(secret: bytes) -> list[str]:
    return [secret.hex(), str(secret)[2:-1], str(list(secret))[1:-1]]


@pytest.mark.parametrize("scheme", Scheme)
def test_no_text_form_holds_key_or_patterns(scheme):
    own = series(scheme)
    texts = [repr(own), str(own), f"{own}", json.dumps(own.facts().to_json()), repr(own.facts())]
    secrets = forms(KEY) + forms(np.packbits(own.patterns).tobytes() or KEY)
    for text in texts:
        assert own.name in text
        assert not any(secret in text for secret in secrets)
        assert "array" not in text
    with pytest.raises(TypeError):
        json.dumps(own)


def test_the_public_hash_follows_every_parameter():
    own = series()
    assert own.facts().sha256 == own.sha256
    shared = {"name": own.name, "scheme": own.scheme, "black_px": own.black_px, "epsilon": own.epsilon, "version": 2}
    same = Series(key=KEY, patterns=own.patterns, **shared)
    assert same.sha256 == own.sha256
    assert Series(key=bytes(32), patterns=own.patterns, **shared).sha256 != own.sha256
    assert Series(key=KEY, patterns=own.patterns[::-1], **shared).sha256 != own.sha256
    assert Series(key=KEY, patterns=own.patterns, **{**shared, "name": "Tests 2"}).sha256 != own.sha256


def test_the_ordered_scheme_repeats_the_patterns_in_turn():
    patterns, classes = series().textures("any", 7)
    assert classes.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert patterns.shape == (3, 12, 12)


def test_the_random_scheme_depends_on_the_code_and_the_key_alone():
    own = series(Scheme.RANDOM)
    first = own.textures("one", 300)[1]
    assert (own.textures("one", 300)[1] == first).all()
    assert (own.textures("two", 300)[1] != first).any()
    assert min(np.bincount(first, minlength=3)) > 70


def test_the_unique_scheme_never_repeats_a_pattern():
    own = series(Scheme.UNIQUE)
    patterns, classes = own.textures("one", 200)
    assert classes.tolist() == list(range(200))
    others = own.textures("two", 200)[0]
    assert len({pattern.tobytes() for pattern in (*patterns, *others)}) == 400
    assert (own.textures("one", 200)[0] == patterns).all()
    assert own.epsilon is None


def test_patterns_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="read-only"):
        series().patterns[0, 0, 0] = True


@pytest.mark.parametrize(
    "changed",
    [
        {"name": ""},
        {"key": b"short-and-secret"},
        {"patterns": np.zeros((3, 12, 11), dtype=bool)},
        {"patterns": np.zeros((0, 12, 12), dtype=bool)},
        {"scheme": Scheme.UNIQUE},
        {"black_px": 144},
        {"version": 41},
    ],
)
def test_wrong_parameters_are_refused_without_telling_them(changed):
    right = {"name": "a", "scheme": Scheme.ORDERED, "key": KEY, "patterns": series().patterns, "black_px": 72}
    with pytest.raises(InputError) as refused:
        Series(**{**right, **changed})
    assert "secret" not in str(refused.value)
