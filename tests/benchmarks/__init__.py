"""Programs that measure: `python -m tests.benchmarks.NAME`. Ratios within one run, and what they may be."""

import os
import sys
from pathlib import Path

# As pytest's settings do for the tests.
sys.path.append(str(Path(__file__).resolve().parents[2] / "plugins"))
# Operators that run in the measuring process log every statement; figures are what is wanted.
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
