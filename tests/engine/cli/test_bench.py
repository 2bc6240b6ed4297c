"""``bench``: what it prints, and that it leaves nothing behind."""

import tempfile

import pytest


def test_json_says_simulated_and_how_many_times_as_fast(run, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code, lines, _ = run("bench", "search", "--count", 400, "--variants", 4, "--queries", 20)
    assert code == 0
    (found,) = lines
    assert found["simulated"] is True
    assert (found["labels"], found["variants"], found["recall"]["trials"]) == (100, 4, 20)
    assert found["faster"] > 0
    assert list(tmp_path.iterdir()) == []


def test_text_tells_every_way_of_searching_and_the_folder_is_kept(capsys, tmp_path):
    from engine.cli.main import main

    options = ["--count", "400", "--variants", "1", "--queries", "20", "--folder", str(tmp_path)]
    assert main(["bench", "search", *options]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Simulated: 400 labels x 1 embeddings")
    ways = ("exact, all labels", "exact, one class", "index, all labels", "index, one class")
    for line in (*ways, "the same, strangers", "the same, four turns"):
        assert text.count(line) == 1
    assert "same label first as exact search   20 of 20 (100.00%; 83.16% to 100.00%)" in text
    assert (tmp_path / "simulated-v2-400x1-0.f32").stat().st_size == 400 * 1024


def test_a_count_that_is_no_multiple_is_a_usage_error(run):
    code, _, err = run("bench", "search", "--count", 401, "--variants", 4)
    assert code == 2
    assert "multiple" in err


@pytest.mark.long
def test_embedding_is_timed_beside_torch_for_the_shipped_and_the_published_network(run):
    code, lines, _ = run("bench", "embed", "--repeats", 2, "--threads", 1)
    assert code == 0
    shipped, published = lines
    assert (shipped["trained"], published["trained"]) == (True, False)
    assert shipped["eager"]["queries"] == 2
    for found in lines:
        assert found["four_turns"]["median"] > found["int8"]["median"] > 0
        assert found["faster"] > 1


def test_embedding_no_times_is_a_usage_error(run):
    assert run("bench", "embed", "--repeats", 0)[0] == 2
