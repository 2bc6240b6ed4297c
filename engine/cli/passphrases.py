"""Passphrases on the command line: from a file, the environment or the keyboard, never from an argument."""

import argparse
import contextlib
import getpass
import os
import sys
from pathlib import Path

from engine.core.codes import CodeSeries
from engine.core.errors import InputError
from engine.jobs import PASSPHRASE_VARIABLE as VARIABLE
from engine.workflows.codes.series import Keyring
from engine.workflows.stores import Store

GIVE = f"Give --passphrase-file, or set {VARIABLE}."
LIMIT = 4096  # bytes of a passphrase file


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add the option that names passphrase files."""
    text = (
        f"file that holds the passphrase in one line; without it {VARIABLE} is taken, or the passphrase is asked for. "
        "Where codes of several series may be met, give it again: each passphrase is tried on every series"
    )
    parser.allow_abbrev = False  # --passphrase WORDS must not be taken for the file's name and be told in an error
    parser.add_argument("--passphrase-file", type=Path, action="append", default=[], metavar="FILE", help=text)


def add_new_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the file of the passphrase that takes another's place."""
    text = "file that holds the new passphrase in one line; without it the new passphrase is asked for"
    parser.add_argument("--new-passphrase-file", type=Path, metavar="FILE", help=text)


def given_passphrases(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the passphrases of the files, or that of the environment; none where neither gives one."""
    if options.passphrase_file:
        return tuple(_from_file(path) for path in options.passphrase_file)
    return tuple(filter(None, [os.environ.get(VARIABLE)]))


def passphrase(options: argparse.Namespace, what: str, *, new: bool = False) -> str:
    """Return the one passphrase of ``what``; a ``new`` one is asked for twice."""
    given = given_passphrases(options)
    if len(given) > 1:
        raise InputError("This takes one passphrase", where=what, remedy="Give --passphrase-file once.")
    return given[0] if given else _typed(f"passphrase of {what}", GIVE, twice=new)


def new_passphrase(options: argparse.Namespace, what: str) -> str:
    """Return the passphrase that takes the place of that of ``what``; it is asked for twice."""
    if options.new_passphrase_file is not None:
        return _from_file(options.new_passphrase_file)
    return _typed(f"new passphrase of {what}", "Give --new-passphrase-file.", twice=True)


def unlock(keyring: Keyring, store: Store, series: CodeSeries, options: argparse.Namespace) -> None:
    """Unlock the series with whichever of the given passphrases opens it, or with the one that is asked for."""
    name = series.facts.name
    *others, last = given_passphrases(options) or (_typed(f"passphrase of {name}", GIVE, twice=False),)
    for each in others:
        with contextlib.suppress(InputError):  # the last one tells
            return keyring.unlock(store, series.id, each)
    return keyring.unlock(store, series.id, last)


def unlocked(store: Store, series: CodeSeries, options: argparse.Namespace) -> Keyring:
    """Return a keyring in which the series is unlocked."""
    keyring = Keyring()
    unlock(keyring, store, series, options)
    return keyring


def _typed(what: str, remedy: str, *, twice: bool) -> str:
    if not sys.stdin.isatty():
        raise InputError(f"The {what} is needed", remedy=remedy)
    typed = getpass.getpass(f"The {what}: ")
    if twice and getpass.getpass("Once more: ") != typed:
        raise InputError("The two passphrases differ", remedy="Try again.")
    return typed


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        # A text that cannot be decoded would be quoted by its error.
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(f"The passphrase file cannot be read: {reason}", where=str(path)) from None
    line = text.removesuffix("\n").removesuffix("\r")
    if len(data) > LIMIT or not line or "\n" in line:
        raise InputError("The passphrase file does not hold one line", where=str(path))
    return line
