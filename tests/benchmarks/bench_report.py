"""How long a report takes to lay out, to preview and to check: one JSON object per line, times in milliseconds."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from engine.report.checking import check_pdf
from engine.report.render import PREVIEW_PPI, render_pages, render_pdf
from tests.engine.report.conftest import make_report

REPEATS = 9


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def report(what: str, pages: int, times: list[float], **more: object) -> None:
    """Print the median of the times, for the whole report and for a page."""
    whole = median(times)
    figures = {"benchmark": "report", "what": what, "pages": pages, "ms": round(whole, 1)}
    print(json.dumps(figures | {"ms_per_page": round(whole / pages, 2)} | more))


def main() -> None:
    """Measure a report of five figures on simulated captures; the title differs each time, so nothing is cached."""
    made = make_report()
    titles = iter(range(10_000))

    def content():
        return made.content.model_copy(update={"title": f"Report of examination {next(titles)}"})

    first = milliseconds(lambda: render_pdf(content(), made.figures))
    pdf = render_pdf(made.content, made.figures)
    pages = len(render_pages(made.content, made.figures, 20))
    report("first PDF of a process", pages, [first], bytes=len(pdf))
    report("PDF", pages, [milliseconds(lambda: render_pdf(content(), made.figures)) for _ in range(REPEATS)])
    previews = [milliseconds(lambda: render_pages(content(), made.figures)) for _ in range(REPEATS)]
    report("preview", pages, previews, ppi=PREVIEW_PPI)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "report.pdf"
        path.write_bytes(pdf)
        report("check", pages, [milliseconds(lambda: check_pdf(path)) for _ in range(REPEATS)])


if __name__ == "__main__":
    main()
