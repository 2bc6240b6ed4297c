"""Touchstone's entry: without a command the window opens; a command goes to the command line."""

import os
import sys

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def main(arguments: list[str]) -> int:
    """Open the window, or run a command; ``--demonstration`` opens the window on the demonstration store.

    Where there is no display, the demonstration is made without a window: its report is the result.
    """
    windowed = not arguments or arguments == ["--demonstration"]
    if windowed and sys.platform.startswith("linux") and not any(os.environ.get(name) for name in DISPLAYS):
        print("There is no display for the window.", file=sys.stderr)
        windowed, arguments = False, ["demo"] if arguments else ["--help"]
    if windowed:
        from gui.shell.application import run

        return run(demonstration=bool(arguments))
    from engine.cli.main import main as command_line

    return command_line(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
