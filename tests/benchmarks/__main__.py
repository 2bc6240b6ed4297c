"""Run all benchmarks, or those named: ``python -m tests.benchmarks [NAME ...]``; each in a process of its own."""

import subprocess
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    """Run ``bench_NAME`` for each name, or every benchmark; return 1 if one failed."""
    present = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = sorted(set(names) - set(present))
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(present)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or present:
        print(f"# {name}", file=sys.stderr, flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"tests.benchmarks.bench_{name}"], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
