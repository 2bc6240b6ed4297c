"""Model cards: weights in parts, and nothing but the weights that the card names."""

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.core.evaluations import Profile
from engine.nn import cards
from engine.nn.cards import ModelCard, load_card, load_weights, save_card, save_weights
from engine.nn.shape import NetworkSettings


def weights():
    random = np.random.default_rng(1)
    return {
        "conv1.weight": random.standard_normal((8, 1, 7, 7), dtype=np.float32),
        "fc.weight": random.standard_normal((64, 200), dtype=np.float32),
        "fc.bias": random.standard_normal(64, dtype=np.float32),
    }


def card_of(parts, **changes):
    values = {
        "key": "some", "title": "Some", "method": "micro-pattern", "profile": Profile.QUICK,
        "network": NetworkSettings(depth=18, width=8), "preparing": "published", "preparation_version": "1",
        "classes": ("a", "b"), "parts": parts, "training": {"steps": 1}, "data": "nothing", "data_sha256": "0" * 64,
        "simulated": True, "seed": 0, "versions": {}, "tolerance": 1e-3,
    }  # fmt: skip
    return ModelCard(**{**values, **changes})


def test_weights_come_back_as_they_were_however_they_were_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "PART_BYTES", 10_000)
    parts = save_weights(tmp_path, weights())
    assert len(parts) > 4
    assert all(part.byte_size < 12_000 for part in parts)
    found = load_weights(tmp_path, card_of(parts))
    assert set(found) == set(weights())
    for name, value in weights().items():
        np.testing.assert_array_equal(found[name], value)


def test_a_single_changed_byte_is_refused(tmp_path):
    parts = save_weights(tmp_path, weights())
    path = tmp_path / parts[0].file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"weights-1\.safetensors: The weights are not those of the card"):
        load_weights(tmp_path, card_of(parts))


def test_a_missing_part_is_named(tmp_path):
    parts = save_weights(tmp_path, weights())
    (tmp_path / parts[0].file).unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_weights(tmp_path, card_of(parts))


def test_a_card_names_no_file_outside_its_folder(tmp_path):
    parts = save_weights(tmp_path, weights())
    save_card(tmp_path, card_of(parts))
    path = tmp_path / "card.json"
    path.write_text(path.read_text().replace("weights-1.safetensors", "../weights-1.safetensors"))
    with pytest.raises(ModelError, match="cannot be understood"):
        load_card(tmp_path)


def test_a_card_is_read_as_it_was_written(tmp_path):
    card = card_of(save_weights(tmp_path, weights()))
    save_card(tmp_path, card)
    assert load_card(tmp_path) == card


def test_a_folder_without_a_card_says_so(tmp_path):
    with pytest.raises(ModelError, match="There is no model card"):
        load_card(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [{"preparing": "local contrast"}, {"preparation_version": "2"}, {"precision": "int8", "ranges": {"conv1": 1.0}}],
)
def test_vectors_of_another_preparation_or_precision_are_not_comparable(tmp_path, changes):
    parts = save_weights(tmp_path, weights())
    assert card_of(parts).comparable != card_of(parts, **changes).comparable


def test_a_title_changes_nothing_about_what_is_comparable(tmp_path):
    parts = save_weights(tmp_path, weights())
    assert card_of(parts).comparable == card_of(parts, title="Another").comparable
