"""The open window has loaded nothing that it does not need yet."""

from tests.benchmarks.bench_window import start


def test_the_window_opens_without_heavy_modules() -> None:
    run = start("offscreen")
    assert run["loaded"] == []
    assert float(str(run["seconds"])) > 0
