"""The shape of the source: what may stand where, and how long it may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "engine").rglob("*.py"), *(ROOT / "gui").rglob("*.py"), ROOT / "app.py"])
HEAVY = {"torch", "faiss", "openvino", "lir", "sklearn", "captum"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_functions_and_classes_stay_short(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= 400
    assert source.strip(), "an empty file"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 50, node.name
        if isinstance(node, ast.ClassDef):
            assert sum(isinstance(member, ast.FunctionDef) for member in node.body) <= 25, node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_unpickles_or_evaluates(path: Path) -> None:
    forbidden_names = {"eval", "exec"}
    forbidden_modules = {"pickle", "shelve", "marshal", "dill", "joblib", "socket", "urllib.request", "http.client"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in forbidden_names
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant) and node.value.value is False
        if isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & forbidden_modules
        if isinstance(node, ast.ImportFrom):
            assert node.module not in forbidden_modules


def test_importing_the_window_loads_nothing_heavy() -> None:
    script = "import sys, gui.shell.window; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "PySide6" in loaded
    assert not loaded & HEAVY
    assert not loaded & {"cv2", "h5py", "scipy", "typst"}
