"""The set-up names the packages that hold the libraries Qt lacks."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "system_libraries.py"


@pytest.fixture
def check(monkeypatch):
    spec = importlib.util.spec_from_file_location("system_libraries", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ldd_says(text: str):
    return lambda command, **options: subprocess.CompletedProcess(command, 0, stdout=text, stderr="")


def test_missing_libraries_are_read_from_the_linkers_report(check, monkeypatch, tmp_path):
    missing = "\tlibxcb-cursor.so.0 => not found\n\tlibxcb-icccm.so.4 => not found\n"
    report = missing + "\tlibc.so.6 => /lib/libc.so.6 (0x0)\n"
    monkeypatch.setattr(check.subprocess, "run", ldd_says(report))
    assert check.missing_libraries(tmp_path) == ["libxcb-cursor.so.0", "libxcb-icccm.so.4"]


def test_nothing_is_missing_where_everything_is_found(check, monkeypatch, tmp_path):
    monkeypatch.setattr(check.subprocess, "run", ldd_says("\tlibc.so.6 => /lib/libc.so.6 (0x0)\n"))
    assert check.missing_libraries(tmp_path) == []


def test_each_library_has_its_debian_package_and_an_unknown_one_keeps_its_name(check):
    libraries = ["libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1", "libnew.so.9"]
    assert check.packages_for(libraries) == ["libnew.so.9", "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1"]


def test_a_person_without_rights_is_told_the_one_command(check, monkeypatch, capsys):
    monkeypatch.setattr(check, "missing_libraries", lambda qt: ["libxcb-cursor.so.0"])
    monkeypatch.setattr(check.os, "geteuid", lambda: 1000)
    assert check.main() == 0
    assert "sudo apt-get install -y --no-install-recommends libxcb-cursor0" in capsys.readouterr().err
