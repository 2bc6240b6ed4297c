"""The manifest: one canonical JSON text with everything needed to check a report and to run its findings again."""

from importlib import metadata
from typing import Any

from pydantic import ValidationError

from engine.core.errors import ReportError
from engine.core.records import canonical_json
from engine.core.versions import versions
from engine.report.content import Figure, ReportContent
from engine.report.template import template_sha256

ATTACHMENT = "touchstone-manifest.json"
FORMAT = "touchstone report manifest"
SCHEMA = 1


def manifest(content: ReportContent, figures: tuple[Figure, ...]) -> bytes:
    """Return the manifest of a report: canonical JSON, UTF-8.

    It holds the content, each figure with its pictures' hashes, and the versions of what laid the pages out
    (``made_with``). Its SHA-256 is printed on every page.
    """
    values = {
        "format": FORMAT,
        "schema": SCHEMA,
        "content": content.to_json(),
        "figures": [figure.to_json() for figure in figures],
        "made_with": made_with(),
    }
    return canonical_json(values)


def made_with() -> dict[str, str]:
    """Return what decides how the pages look: versions and the template's hash."""
    return {
        "touchstone": versions()["touchstone"],
        "typst": metadata.version("typst"),
        "template_sha256": template_sha256(),
    }


def parse(values: dict[str, Any]) -> tuple[ReportContent, tuple[Figure, ...]]:
    """Return the records of a manifest; the pictures carry no pixels.

    Raises
    ------
    ReportError
        If it is no manifest of a schema this version reads.
    """
    if values.get("format") != FORMAT:
        raise ReportError("The attached manifest is not one of a Touchstone report", where=ATTACHMENT)
    if values.get("schema") != SCHEMA:
        raise ReportError(
            f"The manifest has schema {values.get('schema')!r}; this version reads schema {SCHEMA}",
            where=ATTACHMENT,
            remedy="Use the version of Touchstone that made the report, or a later one.",
        )
    try:
        content = ReportContent.from_json(values["content"])
        return content, tuple(Figure.from_json(figure) for figure in values["figures"])
    except (KeyError, TypeError, ValidationError) as error:
        raise ReportError(
            "The manifest's records are not valid",
            where=ATTACHMENT,
            remedy=f"The manifest was changed or damaged ({type(error).__name__}).",
        ) from error
