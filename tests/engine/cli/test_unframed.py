"""``unframed find``: flakes and discs among known captures, and what shows none is told."""

import cv2
import numpy as np
import pytest

from tests.benchmarks.fractals import rotated
from tests.engine.methods.micro_pattern.unframed_samples import disc, flake


@pytest.fixture
def written(tmp_path):
    def write(name: str, pixels: np.ndarray):
        path = tmp_path / name
        assert cv2.imwrite(str(path), pixels[..., ::-1])
        return path

    return write


def test_a_flake_is_found_among_known_ones(run, written):
    known = [written(f"known-{number}.png", flake(number)) for number in range(6)]
    questioned = written("questioned.png", flake(4, turn=1.0, shot=9))
    empty = written("empty.png", np.full((60, 60, 3), 99, dtype=np.uint8))
    code, lines, notes = run("unframed", "find", questioned, "--shape", "flake", "--hits", 2, "--known", *known, empty)
    assert code == 0
    refused, answer = lines
    assert refused["known"]
    assert "No single flake" in refused["reason"]
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    assert answer["hits"][0]["file"] == str(known[4])
    assert answer["hits"][0]["score"] > 0.95 > answer["hits"][1]["score"]
    assert answer["hits"][0]["size_ratio"] == pytest.approx(1, abs=0.02)
    assert "investigative only" in notes


def test_a_disc_is_found_among_known_ones(run, written):
    known = [written(f"known-{number}.png", disc(number)) for number in range(3)]
    questioned = written("questioned.png", rotated(disc(2), 40.0))
    code, (answer,), _ = run("unframed", "find", questioned, "--shape", "disc", "--known", *known)
    assert code == 0
    assert answer["hits"][0]["file"] == str(known[2])
    assert answer["hits"][0]["score"] > 0.8
    assert answer["hits"][1]["score"] < 0.25


def test_half_a_disc_is_no_known_label(run, written):
    half = disc(1)
    half[:, 215:] = 0
    whole, cut = written("whole.png", disc(2)), written("half.png", half)
    code, lines, _ = run("unframed", "find", cut, "--shape", "disc", "--known", whole, cut)
    assert code == 0
    assert "outline" in lines[0]["reason"]
    assert [hit["file"] for hit in lines[1]["hits"]] == [str(whole)]


def test_files_that_show_none_or_are_absent_are_wrong_input(run, written, tmp_path):
    empty = written("empty.png", np.full((60, 60, 3), 99, dtype=np.uint8))
    code, lines, error = run("unframed", "find", empty, "--shape", "flake", "--known", empty)
    assert (code, len(lines)) == (2, 1)
    assert "No known file shows a flake" in error
    known = written("known.png", flake(1))
    code, (answer,), _ = run("unframed", "find", tmp_path / "none.png", "--shape", "flake", "--known", known)
    assert code == 2
    assert "no such file" in answer["reason"]


def test_what_stands_out_from_no_known_capture_is_told(run, written, tmp_path):
    known = [written(f"known-{number}.png", flake(number)) for number in range(8)]
    fresh, other = written("fresh.png", flake(4, shot=9)), written("other.png", flake(100))
    code, lines, _ = run("unframed", "find", fresh, other, known[3], "--shape", "flake", "--known", *known)
    assert code == 0
    own, none, same = (line["cautions"] for line in lines)
    assert own == []
    assert len(none) == 1
    assert "stands out" in none[0]
    assert len(same) == 1
    assert f"same file as {known[3]}" in same[0]
    assert all(hit["contrast_apart"] < 0.1 for hit in lines[0]["hits"])


def test_a_photograph_of_something_else_passes_for_no_known_disc(run, written):
    checks = np.kron(np.indices((16, 16)).sum(axis=0) % 2, np.ones((22, 22)))[..., None] * np.array((200, 190, 180))
    known = [written(f"known-{number}.png", disc(number)) for number in range(4)]
    other = written("other.png", checks.astype(np.uint8))
    _, (answer,), _ = run("unframed", "find", other, "--shape", "disc", "--known", *known)
    assert answer["reason"] or "stands out" in answer["cautions"][0]


def test_a_single_known_capture_says_nothing_of_others(run, written):
    known, questioned = written("known.png", disc(1)), written("questioned.png", rotated(disc(1), 70.0))
    _, (answer,), _ = run("unframed", "find", questioned, "--shape", "disc", "--known", known)
    assert answer["hits"][0]["contrast_apart"] is None
    assert "one known capture" in answer["cautions"][0]


def test_files_that_are_no_pictures_are_named(run, written, tmp_path):
    known = written("known.png", flake(1))
    text, empty, cut = tmp_path / "text.png", tmp_path / "empty.png", tmp_path / "cut.png"
    text.write_text("no picture")
    empty.write_bytes(b"")
    cut.write_bytes(known.read_bytes()[:300])
    small = written("small.png", np.full((3, 3, 3), 9, dtype=np.uint8))
    files = [text, empty, cut, small, tmp_path]
    for shape in ("flake", "disc"):
        one = known if shape == "flake" else written("disc.png", disc(1))
        code, lines, _ = run("unframed", "find", *files, "--shape", shape, "--known", one)
        assert code == 2
        assert [line["file"] for line in lines] == [str(path) for path in files]
        assert all(line["reason"] and not line["hits"] for line in lines)
