"""The commands that the README shows are commands."""

import re
import shlex
from pathlib import Path

import pytest

from engine.cli.main import parser

README = Path(__file__).resolve().parents[3] / "README.md"
SHOWN = re.findall(r"^python app\.py (.+)$", README.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_readme_shows_commands():
    assert len(SHOWN) >= 10


@pytest.mark.parametrize("line", SHOWN)
def test_a_shown_command_is_understood(line):
    assert callable(parser().parse_args(shlex.split(line, comments=True)).run)
