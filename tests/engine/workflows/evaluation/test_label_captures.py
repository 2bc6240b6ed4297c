"""Captures are rendered once, go on where they were interrupted, and what is damaged is named."""

from itertools import pairwise

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.jobs import JobContext
from engine.simulation.fluorescence import MIDDLE
from engine.workflows.evaluation.label_captures import (
    CHUNK,
    FAKE,
    GENUINE,
    KNOWN,
    TEST,
    TUNING,
    captured,
    chunk_path,
    chunks,
    enrolled,
    glyph_of,
    part,
    piece,
    read,
    render,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    own = tmp_path_factory.mktemp("captures")
    render(own, TEST, labels=3, context=JobContext())
    return own


def crops(folder, name):
    ((path, count),) = chunks(folder, TEST, name, 3)
    return read(path, count).astype(float)


def alike(first, second):
    return max(np.corrcoef(first.ravel(), np.rot90(second, turn).ravel())[0, 1] for turn in range(4))


def test_genuine_captures_show_the_known_label_and_fakes_its_glyph_on_another_film(folder):
    known, genuine, fake = (crops(folder, name) for name in (KNOWN, part(GENUINE, "middle"), part(FAKE, "middle")))
    for row in range(3):
        own = alike(known[row], genuine[row])
        assert own > 0.75
        assert own > 0.1 + alike(known[row], fake[row])
        assert alike(known[row], fake[row]) > 0.3  # the glyph and the frame are the same


def test_what_is_there_is_kept_and_what_is_missing_is_rendered_alike(folder):
    path = chunk_path(folder, TEST, part(FAKE, "middle"), 0, 3)
    other = chunk_path(folder, TEST, KNOWN, 0, 3)
    before, kept = path.read_bytes(), other.stat().st_mtime_ns
    path.unlink()
    render(folder, TEST, labels=3, context=JobContext())
    assert path.read_bytes() == before
    assert other.stat().st_mtime_ns == kept
    assert not [*folder.glob("*.draft")]


def test_a_full_file_serves_smaller_sets(tmp_path):
    whole = tmp_path / f"v1-test-known-000000-{CHUNK}.npy"
    assert chunk_path(tmp_path, TEST, KNOWN, 0, 7) != whole
    whole.touch()
    assert chunk_path(tmp_path, TEST, KNOWN, 0, 7) == whole


def test_the_sets_share_no_film():
    ranges = [
        range(first, first + 3_000_000) for own in (TUNING, TEST) for first in (own.first_seed, own.first_fake_seed)
    ]
    assert all(first.stop <= second.start for first, second in pairwise(ranges))


def test_a_label_is_turned_anyhow_when_questioned_and_lies_straight_when_enrolled():
    film = piece(30_000_000, glyph_of(30_000_000))
    shots = [captured(film, MIDDLE, seed=seed) for seed in range(6)]
    straight = enrolled(film, 30_000_000)
    assert straight is not None
    turns = {
        int(np.argmax([np.corrcoef(straight.ravel(), np.rot90(shot, turn).ravel())[0, 1] for turn in range(4)]))
        for shot in shots
        if shot is not None
    }
    assert len(turns) > 1


def test_a_capture_without_a_frame_gives_no_crop():
    bare = piece(30_000_004, 0)
    film = type(bare)(bare.seed, bare.size_um, (), bare.settings)
    assert captured(film, MIDDLE, seed=1) is None
    assert enrolled(film, 1) is None


def test_damaged_or_missing_captures_are_named(tmp_path):
    path = tmp_path / "captures.npy"
    with pytest.raises(InputError, match="missing or damaged"):
        read(path, 1)
    path.write_bytes(b"no array")
    with pytest.raises(InputError, match="missing or damaged"):
        read(path, 1)
    np.save(path, np.zeros((2, 8, 8), dtype=np.uint8))
    with pytest.raises(InputError, match="no captures"):
        read(path, 1)


def test_rendering_can_be_cancelled_and_leaves_no_half_file(tmp_path):
    context = JobContext(lambda done, *_: context.cancel() if done else None)
    with pytest.raises(Cancelled):
        render(tmp_path, TEST, labels=3, context=context)
    assert not [*tmp_path.iterdir()]
