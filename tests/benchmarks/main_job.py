"""How long the README's first command takes: from nothing, and with `.venv` present.

    python -m tests.benchmarks.main_job [--data DIR]

Clones this repository into an empty folder and runs `./sparkify run` there twice, each time on an empty warehouse: once
without a virtual environment, once with it. Prints the parts that each report tells. Judges nothing: see README
"Try it" for what to expect.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("install", "start", "load", "etl", "insights", "total")


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder with log_data/ and song_data/; else the simulator's month")
    data = parser.parse_args().data
    options = ["--data", str(data.resolve())] if data else []
    print(f"{'':14}{''.join(f'{part:>10}' for part in PARTS)}{'wall':>10}   seconds")
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for name in ("from nothing", "with .venv"):
            report = Path(folder, "report.json")
            began = time.monotonic()
            done = subprocess.run(
                ["./sparkify", "run", "--fresh", "--report", str(report), *options],
                cwd=clone,
                env={name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ},
                capture_output=True,
                text=True,
                check=False,
            )
            wall = time.monotonic() - began
            if done.returncode:
                sys.exit(f"{name}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
            seconds = json.loads(report.read_text())["seconds"]
            print(f"{name:14}{''.join(f'{seconds[part]:10.1f}' for part in PARTS)}{wall:10.1f}")


if __name__ == "__main__":
    main()
