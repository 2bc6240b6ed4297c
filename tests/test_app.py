"""The entry without a display: the demonstration becomes a report, and a second run uses the store of the first."""

import json
import os
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[1] / "app.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    windowless = {name: value for name, value in os.environ.items() if "DISPLAY" not in name and "QPA" not in name}
    command = [sys.executable, str(APP), *arguments]
    return subprocess.run(command, cwd=folder, env=windowless, capture_output=True, text=True, check=False)


def test_the_demonstration_without_a_display_is_a_report(tmp_path):
    first = run(tmp_path, "--demonstration")
    assert first.returncode == 0, first.stderr
    assert "no display" in first.stderr
    assert (tmp_path / "demo-report.pdf").read_bytes().startswith(b"%PDF-")
    again = run(tmp_path, "demo", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["number"].endswith("-02")
    check_codes(tmp_path)
    check_labels(tmp_path)


def check_codes(folder: Path) -> None:
    """The demonstration has an authentic and a copied code, classified, and both are run again with the passphrase."""
    shown = run(folder, "case", "show", "demonstration.touchstone", "--case", "DEMO-1", "--json")
    findings = [finding for finding in json.loads(shown.stdout)["findings"] if finding["method"] == "two_level_qr"]
    assert [finding["classification"]["passes"] for finding in findings] == [True, False]
    assert "Anomaly" not in str(findings[0]["cautions"])
    assert "Anomaly: 1 check after the disposal" in str(findings[1]["cautions"])
    verify = ("report", "verify", "demo-report.pdf", "--store", "demonstration.touchstone", "--json")
    locked = json.loads(run(folder, *verify).stdout.splitlines()[-1])
    assert (locked["ok"], locked["findings_repeated"], locked["findings_not_repeated"]) == (True, 4, 2)
    (folder / "passphrase").write_text("demonstration\n")
    opened = json.loads(run(folder, *verify, "--passphrase-file", "passphrase").stdout.splitlines()[-1])
    assert (opened["ok"], opened["findings_repeated"], opened["findings_not_repeated"]) == (True, 6, 0)


def check_labels(folder: Path) -> None:
    """The demonstration has a label that its library knows, and a counterfeit that it does not."""
    shown = run(folder, "case", "show", "demonstration.touchstone", "--case", "DEMO-1", "--json")
    findings = [finding for finding in json.loads(shown.stdout)["findings"] if finding["method"] == "micro-pattern"]
    shares = [{each["key"]: each["value"] for each in finding["scores"]} for finding in findings]
    assert findings[0]["matches"][0]["reference"] == "No. 000007"
    assert shares[0]["agreement"] > 0.8 and shares[0]["similarity"] > 0.8
    assert shares[1]["agreement"] < 0.1 and shares[1]["searched"] == 36
    assert all(finding["simulated"] for finding in findings)


def test_another_store_is_never_taken_for_the_demonstration(tmp_path):
    made = run(tmp_path, "store", "init", "lab.touchstone", "--laboratory", "Ours", "--administrator", "Head")
    assert made.returncode == 0
    refused = run(tmp_path, "demo", "lab.touchstone")
    assert refused.returncode == 2
    assert "not the demonstration store" in refused.stderr


def test_no_command_and_no_display_shows_the_commands(tmp_path):
    shown = run(tmp_path)
    assert "no display" in shown.stderr
    assert "compare" in shown.stdout
