"""Records and pictures in, PDF/A-3b or page images out, with Typst. Same content, same bytes."""

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.core.errors import ReportError
from engine.core.records import canonical_json, sha256_hex
from engine.report.content import Figure, ReportContent
from engine.report.manifest import ATTACHMENT, manifest
from engine.report.template import TEMPLATE, fonts
from engine.report.view import page_view, picture_file

PREVIEW_PPI = 110.0
# Typst names every text that no font can show at once, so one further pass suffices; marks that combine need another.
PASSES = 4
_UNSHOWABLE = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)


@dataclass(frozen=True)
class Rendered:
    """A report as PDF/A-3b, the manifest attached to it, and the characters that no font has (shown as code points)."""

    pdf: bytes
    manifest: bytes
    unshowable: frozenset[str]

    @property
    def manifest_sha256(self) -> str:
        """SHA-256 of the manifest, printed on every page."""
        return sha256_hex(self.manifest)


def render_report(content: ReportContent, figures: tuple[Figure, ...] = (), attached: bytes | None = None) -> Rendered:
    """Return the report as PDF/A-3b with its manifest attached. Same content, same bytes.

    Parameters
    ----------
    content : ReportContent
        What the report says.
    figures : tuple of Figure
        Pictures with their PNG bytes, in the order in which they appear.
    attached : bytes, optional
        The manifest to attach instead of a fresh one, when a report is made again to be checked.

    Raises
    ------
    ReportError
        If a picture has no pixels or the pages cannot be laid out.
    """
    attached = manifest(content, figures) if attached is None else attached
    with tempfile.TemporaryDirectory(prefix="touchstone-") as name:
        return _lay_out(Path(name), content, figures, attached)


def render_pdf(content: ReportContent, figures: tuple[Figure, ...] = ()) -> bytes:
    """Return the PDF of ``render_report``."""
    return render_report(content, figures).pdf


def render_pages(content: ReportContent, figures: tuple[Figure, ...] = (), ppi: float = PREVIEW_PPI) -> list[bytes]:
    """Return one PNG a page, at ``ppi`` pixels per inch: what the PDF shows."""
    with tempfile.TemporaryDirectory(prefix="touchstone-") as name:
        # Laid out as PDF/A first: its rules decide which characters are shown as code points.
        _lay_out(Path(name), content, figures, manifest(content, figures))
        pages = _compiler(Path(name)).compile(format="png", ppi=ppi, timestamp=_timestamp(content))
    return [pages] if isinstance(pages, bytes) else pages


def _lay_out(folder: Path, content: ReportContent, figures: tuple[Figure, ...], attached: bytes) -> Rendered:
    """Write what the template reads into the folder and make the PDF; the folder stays ready for another format."""
    (folder / TEMPLATE.name).write_bytes(TEMPLATE.read_bytes())
    (folder / ATTACHMENT).write_bytes(attached)
    _write_pictures(folder, figures)
    unshowable: frozenset[str] = frozenset()
    for _ in range(PASSES):
        view = page_view(content, figures, sha256_hex(attached), unshowable)
        (folder / "content.json").write_bytes(canonical_json(view))
        pdf, missing = _pdf(folder, _timestamp(content))
        if pdf is not None:
            return Rendered(pdf, attached, unshowable)
        unshowable |= missing
    raise ReportError("Some text of the report cannot be shown with any font", where=" ".join(sorted(unshowable)))


def _compiler(folder: Path) -> Any:
    import typst

    return typst.Compiler(folder / TEMPLATE.name, root=folder, font_paths=fonts())


def _pdf(folder: Path, timestamp: datetime) -> tuple[bytes | None, frozenset[str]]:
    """Return the PDF, or None with the characters that no font has."""
    import typst

    try:
        return _compiler(folder).compile(format="pdf", pdf_standards=["a-3b"], timestamp=timestamp), frozenset()
    except typst.TypstError as error:
        texts = _UNSHOWABLE.findall(error.diagnostic)
        missing = frozenset(c for text in texts for c in _unescaped(text) if ord(c) > 0x7F)
        if not missing:
            raise ReportError("The report's pages cannot be laid out", remedy=error.message) from error
        return None, missing


def _unescaped(text: str) -> str:
    r"""Return a text that Typst quoted, with ``\u{e34}`` and the like resolved."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: chr(int(match[1], 16)), text)


def _write_pictures(folder: Path, figures: tuple[Figure, ...]) -> None:
    for index, figure in enumerate(figures):
        for place, panel in enumerate(figure.panels):
            if not panel.picture.png:
                raise ReportError("A picture of the report has no pixels", where=figure.key)
            (folder / picture_file(index, place)).write_bytes(panel.picture.png)


def _timestamp(content: ReportContent) -> datetime:
    try:
        issued = datetime.fromisoformat(content.issued)
    except ValueError as error:
        raise ReportError("The date of issue is not an ISO 8601 time", where=content.issued) from error
    return issued.astimezone(UTC).replace(microsecond=0)
