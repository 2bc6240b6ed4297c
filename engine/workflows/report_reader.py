"""The child process that reads a report from elsewhere and checks it against itself: a PDF is a foreign file.

Request: the file's path. Reply: a ``ReadReport``.
"""

from pathlib import Path
from typing import Any

from engine.core.case import Sha256
from engine.core.errors import ReportError
from engine.core.records import Record, sha256_hex
from engine.jobs import Child, JobContext, Limits, serve
from engine.report.content import ReportContent
from engine.report.differences import Difference

LIMITS = Limits(seconds=300.0, memory_bytes=6 << 30)
MODULE = "engine.workflows.report_reader"


class ReadReport(Record):
    """A report as read back: its hashes, its content where the manifest can be read, and its contradictions."""

    pdf_sha256: Sha256
    manifest_sha256: Sha256
    content: ReportContent | None
    differences: tuple[Difference, ...]


def read_report(pdf: Path, context: JobContext) -> ReadReport:
    """Read a report and check it against itself in a child process; raises ReportError where it is no report."""
    with Child(MODULE, LIMITS) as child:
        return ReadReport.from_json(child.request({"path": str(pdf.resolve())}, context)["report"])


def _answer(request: dict[str, Any], context: JobContext) -> dict[str, Any]:
    from engine.report.checking import check_file
    from engine.report.manifest import parse
    from engine.report.reading import read_pdf

    report = read_pdf(Path(request["path"]))
    differences = check_file(report)
    try:
        content = parse(report.manifest)[0]
    except ReportError:
        content = None  # the differences say why
    read = ReadReport(
        pdf_sha256=sha256_hex(report.data),
        manifest_sha256=report.manifest_sha256,
        content=content,
        differences=differences,
    )
    return {"report": read.to_json()}


if __name__ == "__main__":
    serve(_answer)
