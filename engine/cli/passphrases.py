"""Passphrases on the command line: from a file, the environment or the keyboard, never from an argument."""

import argparse
import getpass
import os
import sys
from pathlib import Path

from engine.core.codes import CodeSeries
from engine.core.errors import InputError
from engine.jobs import PASSPHRASE_VARIABLE as VARIABLE
from engine.workflows.codes.series import Keyring
from engine.workflows.stores import Store

LIMIT = 4096  # bytes of a passphrase file


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a passphrase file."""
    text = f"file that holds the passphrase in one line; without it {VARIABLE} is taken, or the passphrase is asked for"
    parser.allow_abbrev = False  # --passphrase WORDS must not be taken for the file's name and be told in an error
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=text)


def passphrase(options: argparse.Namespace, what: str, *, new: bool = False) -> str:
    """Return the passphrase of ``what``; a ``new`` one is asked for twice."""
    given = given_passphrase(options)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        remedy = f"Give --passphrase-file, or set {VARIABLE}."
        raise InputError(f"The passphrase of {what} is needed", remedy=remedy)
    typed = getpass.getpass(f"Passphrase of {what}: ")
    if new and getpass.getpass("Once more: ") != typed:
        raise InputError("The two passphrases differ", remedy="Try again.")
    return typed


def given_passphrase(options: argparse.Namespace) -> str | None:
    """Return the passphrase of the file or the environment; None where neither gives one."""
    if options.passphrase_file is not None:
        return _from_file(options.passphrase_file)
    return os.environ.get(VARIABLE) or None


def unlocked(store: Store, series: CodeSeries, options: argparse.Namespace) -> Keyring:
    """Return a keyring in which the series is unlocked."""
    keyring = Keyring()
    keyring.unlock(store, series.id, passphrase(options, series.facts.name))
    return keyring


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
