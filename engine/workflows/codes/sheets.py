"""Print the codes of issued IDs: on sheets, or one alone. All but a preview is as secret as the series' patterns.

Only who may issue IDs may print them, and every printing is recorded.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.core.case import Actor
from engine.core.codes import CodeSeries, CodesPrinted
from engine.core.errors import InputError
from engine.core.records import new_id, sha256_hex
from engine.jobs import JobContext
from engine.report.sheet import (
    Ink,
    Paper,
    SheetLayout,
    SheetSettings,
    SheetText,
    ink_png,
    sheet_layout,
    sheet_pdf,
    sheet_png,
    sheet_preview,
)
from engine.store import Store
from engine.traceability.ids import LETTERS, from_written
from engine.traceability.register import Register
from engine.workflows.cases import require_role
from engine.workflows.codes.series import PRODUCING, Keyring
from engine.workflows.codes.tracing import IssuedIds, issue_ids
from engine.workflows.tables import Table

if TYPE_CHECKING:
    from engine.methods.two_level_qr.series import Series

PAGES_A_FILE = 50  # of a PDF
REPEAT_LIMIT = 4
CAPTION_LIMIT = 40  # letters; more would be too small to read
NAMED = 1000  # IDs that the record of a printing names one by one
SUFFIXES = (".pdf", ".png")
Kind = Literal["pdf", "png"]


@dataclass(frozen=True)
class SheetReport:
    """What was written: the files, how many codes on how many pages, and how many fit a page."""

    files: tuple[Path, ...]
    codes: int
    pages: int
    per_page: int


@dataclass(frozen=True)
class SheetPreview:
    """What the first page will look like, as a PNG for the screen; how many pages there are and codes fit a page."""

    png: bytes
    pages: int
    per_page: int


def issue_and_print(
    store: Store,
    actor: Actor,
    keyring: Keyring,
    series_id: str,
    *,
    count: int | None = None,
    rows: Table | None = None,
    caption: str | None = None,
    note: str = "",
    out: Path,
    kind: Kind = "pdf",
    paper: str = "A4",
    dpi: int | None = None,
    context: JobContext,
) -> tuple[IssuedIds, SheetReport]:
    """Issue IDs, as ``issue_ids`` does, and write their sheets, as ``make_sheets`` does.

    What can be wrong with the sheets is looked for first: IDs that were issued stay so.

    Parameters
    ----------
    caption : str, optional
        The column of ``rows`` that stands below each code after its ID.
    """
    series = keyring.series(series_id)
    _layout(series, paper)
    _repeat(series, dpi)
    captions = _column(rows, caption)
    if not out.parent.is_dir():
        raise InputError("There is no such folder", where=str(out.parent), remedy="Choose another place.")
    issued = issue_ids(
        store, actor, series_id, keyring, count=count, rows=rows, note=note, context=context.part(0, 2, "Issuing IDs")
    )
    try:
        report = make_sheets(
            store, actor, keyring, series_id, issued.product_ids, captions=captions, out=out, kind=kind, paper=paper,
            dpi=dpi, context=context.part(1, 2),
        )  # fmt: skip
    except InputError as error:
        remedy = f"{error.remedy} The IDs are issued: print batch {issued.batch.id}."
        raise InputError(error.what, where=error.where, remedy=remedy) from error
    return issued, report


def make_sheets(
    store: Store,
    actor: Actor,
    keyring: Keyring,
    series_id: str,
    product_ids: Sequence[str],
    *,
    captions: Sequence[str] | None = None,
    out: Path,
    kind: Kind = "pdf",
    paper: str = "A4",
    dpi: int | None = None,
    context: JobContext,
) -> SheetReport:
    """Write sheets with the codes of issued IDs and record that. Whoever has the files can print authentic codes.

    Parameters
    ----------
    captions : sequence of str, optional
        What stands below each code after its ID; plain text.
    out : Path
        The file, replaced if it exists; several (a PDF holds 50 pages, a PNG one) are numbered, ``sheets-001.pdf``.
    dpi : int, optional
        Of PNG pages: that of the series or a multiple, at which every original pixel becomes a square of dots.

    Raises
    ------
    InputError
        The role may not do this, the series is locked, an ID was not issued in it or is voided, the codes do not fit
        the paper, or a file cannot be written. No file is left behind then, nor where the printing is not recorded.
    """
    series, recorded, repeat = _printable(store, actor, keyring, series_id, product_ids, dpi)
    texts = _captions(product_ids, captions)
    layout = _layout(series, paper)
    pages = -(-len(product_ids) // layout.per_page)
    together = PAGES_A_FILE if kind == "pdf" else 1
    names = _names(out, kind, -(-pages // together))

    def made(number: int) -> bytes:
        part = slice(number * together * layout.per_page, (number + 1) * together * layout.per_page)
        text = SheetText(series.name, series.sha256, 1 + number * together, pages)
        inks = _inks(series, recorded.prefix, product_ids[part])
        if kind == "png":
            return sheet_png(inks, texts[part], layout, text, repeat=repeat)
        return sheet_pdf(inks, texts[part], layout, text, context.part(number, len(names), "Sheets"))

    with _written(names, made, context) as hashes:
        _record(store, actor, recorded, product_ids, kind, hashes)
    return SheetReport(tuple(names), len(product_ids), pages, layout.per_page)


def preview_sheet(
    store: Store,
    keyring: Keyring,
    series_id: str,
    count: int,
    *,
    captions: Sequence[str] | None = None,
    paper: str = "A4",
) -> SheetPreview:
    """Return what the first of the sheets with ``count`` codes will look like, before any ID is issued.

    It shows a code that says zeros instead of an ID, too coarsely to show patterns.
    """
    if count < 1:
        raise InputError("A sheet has at least one code", remedy="Enter how many codes to print.")
    series, recorded = keyring.series(series_id), store.code_series_one(series_id)
    layout = _layout(series, paper)
    pages = -(-count // layout.per_page)
    shown = ["0" * LETTERS] * min(count, layout.per_page)
    texts = _captions(shown, None if captions is None else captions[: len(shown)])
    (ink,) = _inks(series, recorded.prefix, shown[:1])
    text = SheetText(series.name, series.sha256, pages=pages)
    png = sheet_preview([ink] * len(shown), texts, layout, text)
    return SheetPreview(png, pages, layout.per_page)


def make_code(
    store: Store,
    actor: Actor,
    keyring: Keyring,
    series_id: str,
    product_id: str,
    *,
    out: Path,
    dpi: int | None = None,
    context: JobContext,
) -> None:
    """Write the code of an issued ID, quiet zone included, as a black and white PNG and record that.

    ``dpi`` and what is raised are as in ``make_sheets``.
    """
    series, recorded, repeat = _printable(store, actor, keyring, series_id, [product_id], dpi)
    (ink,) = _inks(series, recorded.prefix, [product_id])
    with _written([out], lambda _: ink_png(ink, series.print_dpi, repeat=repeat), context) as hashes:
        _record(store, actor, recorded, [product_id], "png", hashes)


def _write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read; it appears whole or not at all, and replaces one of its name."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".sheet-", delete=False) as file:
            partial = Path(file.name)
            try:
                file.write(data)
                file.close()
                partial.replace(path)
            except BaseException:
                partial.unlink()
                raise
    except OSError as error:
        what = f"The file could not be written ({error.strerror})"
        raise InputError(what, where=str(path), remedy="Choose another place.") from error


@contextlib.contextmanager
def _written(names: Sequence[Path], made: Callable[[int], bytes], context: JobContext) -> Iterator[list[str]]:
    """Write the files in turn, each with what is ``made`` for its number, and yield their SHA-256.

    All of them stay, or none where one cannot be written or what is done with the hashes fails.
    """
    written: list[Path] = []
    hashes: list[str] = []
    try:
        for number, name in enumerate(names):
            context.check_cancelled()
            context.progress(number, len(names), "Sheets")
            data = made(number)
            _write_secret(name, data)
            written.append(name)
            hashes.append(sha256_hex(data))
        yield hashes
    except BaseException:
        for name in written:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                name.unlink()
        raise


def _record(
    store: Store, actor: Actor, series: CodeSeries, product_ids: Sequence[str], kind: Kind, hashes: Sequence[str]
) -> None:
    """Record that codes of issued IDs were written to files."""
    named = tuple(dict.fromkeys(product_ids))
    printed = CodesPrinted(
        id=new_id("printing"),
        series_id=series.id,
        count=len(product_ids),
        batch_ids=Register.of(store).batches_of(from_written(product_ids)),
        product_ids=named if len(named) <= NAMED else (),
        kind=kind,
        files_sha256=tuple(hashes),
    )
    store.commit(actor.id, "codes printed", printed)


def _layout(series: "Series", paper: str) -> SheetLayout:
    from engine.methods.two_level_qr.generation import QUIET_MODULES

    side = (17 + 4 * series.version + 2 * QUIET_MODULES) * series.module_px
    if paper not in list(Paper):
        raise InputError("This paper is not known", where=paper, remedy=f"Choose {' or '.join(Paper)}.")
    return sheet_layout(side, series.print_dpi, SheetSettings(paper=Paper(paper)))


def _repeat(series: "Series", dpi: int | None) -> int:
    """Return how often each original pixel is repeated both ways."""
    repeat, rest = divmod(series.print_dpi if dpi is None else dpi, series.print_dpi)
    if rest or not 1 <= repeat <= REPEAT_LIMIT:
        raise InputError(
            f"{dpi} dpi cannot show the codes pixel for pixel",
            remedy=f"Choose {series.print_dpi} dpi, or a multiple up to {REPEAT_LIMIT * series.print_dpi}.",
        )
    return repeat


def _printable(
    store: Store, actor: Actor, keyring: Keyring, series_id: str, product_ids: Sequence[str], dpi: int | None
) -> tuple["Series", CodeSeries, int]:
    """Return the series with and without its secrets and how often its pixels repeat, where all may be printed."""
    require_role(actor, PRODUCING, "print codes")
    series, recorded = keyring.series(series_id), store.code_series_one(series_id)
    repeat = _repeat(series, dpi)
    _check_issued(store, recorded, product_ids)
    return series, recorded, repeat


def _check_issued(store: Store, series: CodeSeries, product_ids: Sequence[str]) -> None:
    """Raise InputError unless every ID was issued in the series and none is voided."""
    if not product_ids:
        raise InputError("There are no IDs to print", remedy="Issue IDs first.")
    store.refresh()
    voidings = store.voidings(series.id)
    voided = {product_id for voiding in voidings for product_id in voiding.product_ids}
    if any(not voiding.product_ids for voiding in voidings):
        raise InputError("The series is voided", where=series.facts.name, remedy="Make a new series.")
    found = Register.of(store).series_of(from_written(product_ids))
    for product_id, series_id in zip(product_ids, found, strict=True):
        if series_id != series.id or product_id in voided:
            state = "is voided" if product_id in voided else f"was not issued in the series {series.facts.name}"
            raise InputError(f"The ID {state}", where=product_id, remedy="Print IDs that count.")


def _column(rows: Table | None, name: str | None) -> list[str] | None:
    """Return the captions in a column, or None where none was asked for."""
    if name is None:
        return None
    if rows is None or name not in rows.columns:
        known = ", ".join(rows.columns) if rows is not None else "none"
        raise InputError("There is no such column to print", where=name, remedy=f"The columns are: {known}.")
    at = rows.columns.index(name)
    return _checked([row[at] for row in rows.rows])


def _checked(captions: Sequence[str]) -> list[str]:
    for caption in captions:
        if len(caption) > CAPTION_LIMIT:
            remedy = "Shorten it, or print another column."
            raise InputError(f"A caption has more than {CAPTION_LIMIT} letters", where=caption[:40], remedy=remedy)
    return list(captions)


def _captions(product_ids: Sequence[str], captions: Sequence[str] | None) -> Sequence[str]:
    """Return the lines below each code: its ID, and below that what else is asked for."""
    if captions is None:
        return product_ids
    if len(captions) != len(product_ids):
        raise InputError("There is a caption for each code", remedy="Give as many captions as IDs.")
    lines = [" ".join(caption.split()) for caption in _checked(captions)]
    return [f"{product_id}\n{line}" for product_id, line in zip(product_ids, lines, strict=True)]


def _inks(series: "Series", prefix: str, product_ids: Sequence[str]) -> Iterator[Ink]:
    from engine.methods.two_level_qr.generation import generate

    return (generate(series, prefix + product_id).ink for product_id in product_ids)


def _names(out: Path, kind: Kind, count: int) -> list[Path]:
    """Return the files' names: the one asked for, or numbered ones."""
    stem = out.stem if out.suffix.lower() in SUFFIXES else out.name
    if count == 1:
        return [out.with_name(f"{stem}.{kind}")]
    return [out.with_name(f"{stem}-{number:03d}.{kind}") for number in range(1, count + 1)]
