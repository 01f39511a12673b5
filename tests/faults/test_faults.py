"""Whatever is killed, cut or withheld while hours are loaded, the tables come out as those of one load."""

import os
import random
from datetime import datetime
from pathlib import Path

import pytest

from tests.faults import aftermath
from tests.faults.drill import Drill, drill
from tests.faults.plan import KINDS, plan

pytestmark = pytest.mark.slow

NIGHTLY = os.environ.get("SPARKIFY_TEST_NIGHTLY") == "1"
# A seed and a number of faults give the plan: which, when, whom they hit. What the machine makes of it differs.
SEED = int(os.environ.get("SPARKIFY_FAULT_SEED") or random.SystemRandom().randrange(1_000_000))
STACKS = 4 if NIGHTLY else 1
FAULTS = int(os.environ.get("SPARKIFY_FAULTS") or (60 if NIGHTLY else 25))
FIRST, DAYS = datetime(2018, 11, 12), 2


@pytest.mark.parametrize("number", range(STACKS))
def test_after_faults_of_every_kind_the_tables_are_those_of_one_load(
    number: int, month: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = SEED + number
    with capsys.disabled(), drill(month, FIRST, DAYS) as going:
        print(f"\nSPARKIFY_FAULT_SEED={seed} SPARKIFY_FAULTS={FAULTS}")
        try:
            going.run(plan(seed, FAULTS))
            going.settle()
        finally:
            _report(going)
        aftermath.assert_tables_are_those_of_one_load(going)
        aftermath.assert_every_hour_is_told_right(going)
        aftermath.assert_nothing_is_held(going)
        aftermath.assert_housekeeping_leaves_nothing(going)
        aftermath.assert_airflow_is_well(going)
        assert going.driver.missed == []


def test_a_plan_is_the_same_for_the_same_seed_and_has_every_kind() -> None:
    assert plan(7, 25) == plan(7, 25) != plan(8, 25)
    assert {fault.kind for fault in plan(7, len(KINDS))} == set(KINDS)


def _report(going: Drill) -> None:
    going.count_tries()
    for title, counts in (
        ("faults", going.driver.done),
        ("ended with another and started again", going.keeper.ended),
        ("figures", going.figures),
    ):
        print(f"{title}: " + (", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"))
    for reason, count in going.reasons.most_common():
        print(f"failed for good, {count}: {reason}")
    if going.driver.missed:
        print("found nobody to hit: " + ", ".join(map(str, going.driver.missed)))
