"""Parse the command line, run one command, return its exit code."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from engine import __version__
from engine.cli import (
    bench,
    captures,
    cases,
    codes,
    compare,
    demo,
    evaluate,
    fields,
    library,
    reports,
    stores,
    train,
    unframed,
)
from engine.cli.output import Output
from engine.core.errors import Cancelled, StoreError, TouchstoneError
from engine.jobs import JobContext

EXIT_CODES = """exit codes: 0 done, whatever the finding; 1 unexpected fault; 2 usage or input error;
3 negative finding with --fail-on-negative; 4 store fault; 130 cancelled"""
UNEXPECTED, USAGE, STORE_FAULT, CANCELLED = 1, 2, 4, 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object a line on standard output")
    top = argparse.ArgumentParser(
        prog="app.py",
        description="Touchstone: forensic examination of security labels. Without a command the window opens.",
        epilog=EXIT_CODES,
    )
    top.add_argument("--version", action="version", version=f"Touchstone {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (
        demo,
        stores,
        cases,
        captures,
        compare,
        codes,
        fields,
        library,
        unframed,
        reports,
        train,
        evaluate,
        bench,
    ):
        module.add_commands(commands, common)
    return top


def _interrupt(context: JobContext) -> None:
    """Ask the work to stop at its next check; where that takes too long, a second Ctrl+C stops it at once."""
    context.cancel()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = parser().parse_args(arguments)
    output = Output(as_json=options.json)
    context = JobContext(output.progress)
    previous = signal.signal(signal.SIGINT, lambda number, frame: _interrupt(context))
    try:
        return options.run(options, output, context)
    except BrokenPipeError:
        # Whoever read the results has gone, as ``head`` does; nothing may be printed at the end of Python either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNEXPECTED
    except (Cancelled, KeyboardInterrupt):
        print("cancelled", file=sys.stderr)
        return CANCELLED
    except StoreError as error:
        output.error(error)
        return STORE_FAULT
    except TouchstoneError as error:
        output.error(error)
        return USAGE
    finally:
        signal.signal(signal.SIGINT, previous)
