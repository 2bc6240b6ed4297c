"""A store to command, and pictures to take in."""

import json

import cv2
import numpy as np
import pytest

from engine.cli.main import main
from engine.core.seeds import generator


@pytest.fixture
def run(capsys, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_ACTOR", raising=False)

    def command(*arguments: object) -> tuple[int, list[dict], str]:
        code = main([str(argument) for argument in (*arguments, "--json")])
        captured = capsys.readouterr()
        return code, [json.loads(line) for line in captured.out.splitlines()], captured.err

    return command


@pytest.fixture
def pictures(tmp_path):
    """Two captures of one random pattern, the second turned and shifted, and one of another pattern."""
    paths = []
    for number in (1, 2):
        grains = generator(number, "pattern").random((700, 700)).astype(np.float32)
        pattern = cv2.normalize(cv2.GaussianBlur(grains, (0, 0), 2.5), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
        paths.append(tmp_path / f"pattern-{number}.png")
        cv2.imwrite(str(paths[-1]), pattern)
        if number == 1:
            turn = cv2.getRotationMatrix2D((350, 350), 20, 1.0)
            turned = tmp_path / "turned.png"
            cv2.imwrite(str(turned), cv2.warpAffine(pattern, turn, (700, 700), borderValue=128))
    return paths[0], turned, paths[1]


@pytest.fixture
def store(run, tmp_path):
    folder = tmp_path / "lab.touchstone"
    assert run("store", "init", folder, "--laboratory", "Laboratory", "--administrator", "Head")[0] == 0
    assert run("actor", "add", folder, "--name", "Examiner", "--role", "examiner")[0] == 0
    assert run("case", "new", folder, "--title", "Case", "--reference", "C-1", "--actor", "Examiner")[0] == 0
    return folder
