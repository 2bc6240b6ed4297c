"""``qr``: the commands for two-level QR codes, each in a module of its own."""

import argparse
from typing import Any

from engine.cli import codes_check, codes_series, codes_sheets, codes_trace


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands for two-level QR codes."""
    group = commands.add_parser("qr", help="two-level QR codes: series, register, checks").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    for module in (codes_series, codes_sheets, codes_check, codes_trace):
        module.add_actions(group, common)
