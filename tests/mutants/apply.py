"""Apply every mutant to a copy of the tree and run its named test, which must fail.

Run as ``python -m tests.mutants.apply [NAME ...]``. Exits 1 if a mutant survives, if its text is no longer found in
the source, or if its test fails without it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("app.py", "engine", "gui", "resources", "tests", "packaging", "docs", "pyproject.toml", "README.md")


def copy_tree(target: Path) -> None:
    """Copy what the tests need; the environment stays where it is."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy(source, target / name)


def failure(tree: Path, *tests: str) -> str:
    """Return pytest's words where one of the tests fails in that tree, nothing where all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(tree),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(tree / "hypothesis"),
    }
    environment.setdefault("TOUCHSTONE_REAL_DATA", str(ROOT.parent / "shared" / "data" / "real"))
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    words = run.stdout + run.stderr
    if run.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {run.returncode}\n{words}")
    if run.returncode == 0 and (" passed" not in run.stdout or " skipped" in run.stdout):
        raise SystemExit(f"Not every test ran\n{words}")
    return words if run.returncode else ""


def apply(tree: Path, mutant: Mutant) -> str:
    """Change the source and return the text before; the mutant's text must occur exactly once."""
    path = tree / mutant.file
    before = path.read_text()
    if before.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: its text occurs {before.count(mutant.old)} times in {mutant.file}")
    path.write_text(before.replace(mutant.old, mutant.new))
    return before


def main() -> int:
    """Try the mutants that are named, or all."""
    parser = argparse.ArgumentParser(description="Apply mutants to a copy of the source; each must fail its test.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    names = parser.parse_args().names
    if unknown := set(names) - {mutant.name for mutant in MUTANTS}:
        parser.error(f"there is no mutant {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    survivors = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        if words := failure(tree, *sorted({mutant.test for mutant in chosen})):
            raise SystemExit(f"A test fails without any mutant\n{words}")
        for mutant in chosen:
            before = apply(tree, mutant)
            survived = not failure(tree, mutant.test)
            (tree / mutant.file).write_text(before)
            survivors += [mutant.name] if survived else []
            print(f"{'SURVIVED' if survived else 'caught  '}  {mutant.name}", flush=True)
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
