"""The methods: published ones and general examinations. Each is one module or package and one line of this table."""

from importlib import import_module
from typing import Any

from engine.core.errors import InputError

METHODS: dict[str, str] = {
    "capture_comparison": "engine.methods.capture_comparison:CaptureComparison",
    "two_level_qr": "engine.methods.two_level_qr.examination:TwoLevelQr",
}


def method(key: str) -> Any:
    """Return the class of a method (see ``engine.core.method.Method``); only then is its module imported.

    Raises
    ------
    InputError
        There is no such method.
    """
    if key not in METHODS:
        raise InputError(f"There is no method {key}", remedy=f"Choose one of: {', '.join(METHODS)}.")
    module, name = METHODS[key].split(":")
    return getattr(import_module(module), name)
