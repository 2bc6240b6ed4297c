"""Records and pictures in, PDF/A-3b or page images out, with Typst. Same content, same bytes."""

import re
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from engine.core.errors import ReportError
from engine.core.records import canonical_json, sha256_hex
from engine.report.content import Figure, ReportContent
from engine.report.manifest import ATTACHMENT, manifest
from engine.report.template import FONTS, TEMPLATE
from engine.report.view import page_view, picture_file

PREVIEW_PPI = 110.0
# Typst names every text that no font can show at once, so one further pass suffices; marks that combine need another.
PASSES = 4
_UNSHOWABLE = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)


def render_pdf(content: ReportContent, figures: tuple[Figure, ...] = ()) -> bytes:
    """Return the report as PDF/A-3b bytes with its manifest attached.

    Parameters
    ----------
    content : ReportContent
        What the report says.
    figures : tuple of Figure
        Pictures with their PNG bytes, in the order in which they appear.

    Raises
    ------
    ReportError
        If a picture has no pixels or the pages cannot be made.
    """
    pages = _compile(content, figures, "pdf")
    assert isinstance(pages, bytes)
    return pages


def render_pages(content: ReportContent, figures: tuple[Figure, ...] = (), ppi: float = PREVIEW_PPI) -> list[bytes]:
    """Return one PNG a page, at ``ppi`` pixels per inch: what the PDF will look like."""
    pages = _compile(content, figures, "png", ppi)
    return [pages] if isinstance(pages, bytes) else pages


@cache
def _fonts() -> Any:
    """Return the fonts that pages may use: Typst's own and ours, never those of the machine."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])


def _compile(
    content: ReportContent, figures: tuple[Figure, ...], kind: Literal["pdf", "png"], ppi: float | None = None
) -> bytes | list[bytes]:
    attached = manifest(content, figures)
    unshowable: frozenset[str] = frozenset()
    with tempfile.TemporaryDirectory(prefix="touchstone-") as name:
        folder = Path(name)
        (folder / TEMPLATE.name).write_bytes(TEMPLATE.read_bytes())
        (folder / ATTACHMENT).write_bytes(attached)
        _write_pictures(folder, figures)
        for _ in range(PASSES):
            view = page_view(content, figures, sha256_hex(attached), unshowable)
            (folder / "content.json").write_bytes(canonical_json(view))
            pages, missing = _run_typst(folder, kind, ppi, _timestamp(content))
            if pages is not None:
                return pages
            unshowable |= missing
    raise ReportError("Some text of the report cannot be shown with any font", remedy="Simplify the text named here.")


def _run_typst(
    folder: Path, kind: Literal["pdf", "png"], ppi: float | None, timestamp: datetime
) -> tuple[Any, frozenset[str]]:
    """Return the pages, or None with the characters that no font has."""
    import typst

    try:
        # Page images are made under the rules of PDF/A too, so that the preview shows what will be issued.
        compiler = typst.Compiler(folder / TEMPLATE.name, root=folder, font_paths=_fonts())
        pdf = compiler.compile(format="pdf", pdf_standards=["a-3b"], timestamp=timestamp)
        if kind == "pdf":
            return pdf, frozenset()
        return compiler.compile(format="png", ppi=ppi, timestamp=timestamp), frozenset()
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
