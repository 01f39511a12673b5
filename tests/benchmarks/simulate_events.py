"""Print what simulating a number of events costs: `python -m tests.benchmarks.simulate_events [EVENTS]`."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from local.simulator import simulate


def main() -> None:
    """Simulate a month of events over 1,000 songs into a temporary directory; a million unless told."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        began = time.perf_counter()
        summary = simulate(Path(name), events=events)
        seconds = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(name).rglob("*-events.json"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{summary.events:,} events, {size / 1e6:,.0f} MB of logs: {seconds:.1f} s, peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
