"""Touchstone's entry: without a command the window opens; a command goes to the command line."""

import sys


def main(arguments: list[str]) -> int:
    """Open the window, or run a command."""
    if not arguments or arguments == ["--demonstration"]:
        from gui.shell.application import run

        return run(demonstration=bool(arguments))
    from engine.cli.main import main as command_line

    return command_line(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
