"""One code checker is lent in turn, kept warm, and ended when it is let go."""

import threading

import pytest

from engine.workflows.codes import checker
from gui.warm_checker import WarmChecker


class Fake:
    """Counts what is alive."""

    alive: "list[Fake]" = []  # noqa: RUF012 - one list for all, as processes are

    def __init__(self) -> None:
        Fake.alive.append(self)

    def close(self) -> None:
        Fake.alive.remove(self)


@pytest.fixture
def warm(monkeypatch):
    monkeypatch.setattr(checker, "CodeChecker", Fake)
    Fake.alive.clear()
    made = WarmChecker()
    yield made
    made.let_go()
    assert not Fake.alive


def test_the_same_checker_is_lent_again(warm):
    with warm.lent() as first:
        pass
    with warm.lent() as second:
        assert second is first
    assert Fake.alive == [first]


def test_letting_go_ends_it_at_once_or_when_it_comes_back(warm):
    with warm.lent() as first:
        pass
    warm.let_go()
    assert not Fake.alive
    with warm.lent() as second:
        warm.let_go()
        assert Fake.alive == [second], "in use"
    assert not Fake.alive
    with warm.lent() as third:
        assert third is not first


def test_an_error_gives_it_back(warm):
    with pytest.raises(ValueError, match="bad"), warm.lent():
        raise ValueError("bad")
    with warm.lent():
        assert len(Fake.alive) == 1


def test_two_threads_take_turns(warm):
    inside, most = [], []

    def use() -> None:
        for _ in range(50):
            with warm.lent() as checker:
                inside.append(checker)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1 and len(most) == 200
