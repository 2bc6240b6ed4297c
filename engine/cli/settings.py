"""A method's settings on the command line: listed from its model and checked by it, ``--set NAME=VALUE``."""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from engine.cli.output import Output
from engine.core.errors import InputError
from engine.core.records import Record, entered

S = TypeVar("S", bound=Record)
NOT_LIMITS = frozenset({"default", "title", "type"})


def add_settings(command: argparse.ArgumentParser) -> None:
    """Add --set and --list-settings."""
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the method; may be repeated"
    )
    command.add_argument("--list-settings", action="store_true", help="list the settings, their defaults and limits")


def list_settings(model: type[Record], output: Output) -> None:
    """Print each setting with its type, default and limits."""
    for name, values in described(model):
        limits = ", ".join(f"{key} {_text(value)}" for key, value in values.items() if key not in NOT_LIMITS)
        default = _text(values.get("default"))
        line = f"{name} = {default}  ({values.get('type', 'one of several types')}{', ' if limits else ''}{limits})"
        output.result({"name": name, **values}, line)


def described(model: type[Record], before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and JSON schema of every setting; those of a model within are named ``outer.inner``."""
    properties = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Record):
            yield from described(field.annotation, f"{before}{name}.")
        else:
            yield f"{before}{name}", {key: value for key, value in properties[name].items() if key != "title"}


def settings_of(model: type[S], assignments: Sequence[str]) -> S:
    """Return the settings with the assigned values in place of defaults.

    Raises
    ------
    InputError
        An assignment has no ``=``, names no setting or one twice, or its value is not one the model takes.
    """
    known = [name for name, _ in described(model)]
    values: dict[str, Any] = {}
    seen: set[str] = set()
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise InputError("A setting is given as NAME=VALUE", where=assignment, remedy="See --list-settings.")
        if name not in known:
            raise InputError("There is no such setting", where=name, remedy=f"There are: {', '.join(known)}.")
        if name in seen:
            raise InputError("The setting is given twice", where=name, remedy="Give it once.")
        seen.add(name)
        *outer, last = name.split(".")
        inner = values
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = _value(text)
    return entered(model, **values)


def _value(text: str) -> Any:
    """Return a list, an object or null as such; any other text is for the model to read."""
    if text != "null" and not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
