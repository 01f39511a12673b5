"""Does to a running stack what a plan of faults says."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random

import psutil
import psycopg

from tests.faults.keeper import Keeper
from tests.faults.loop import Loop
from tests.faults.plan import Fault
from tests.faults.s3_proxy import Disturbance, Kind, S3Proxy
from tests.faults.warehouse_proxy import Moment, Snare, WarehouseProxy
from tests.stack import RunningStack

# How long to look for somebody to hit: a task that runs, a COPY that passes. Then the fault counts as not done.
_LOOK_SECONDS = 90.0
_SLICE_SECONDS = 0.02
_MEND_SECONDS = 2.0
_OWN = "sparkify faults"


class Driver:
    """Applies faults, one after the other.

    :param stack: the running stack, whose clients the proxies stand before. :param hidden: days, as in the names of log
        objects, that may not be listed for a while.
    :ivar done: how many faults have hit somebody, by kind. :ivar missed: those that found nobody.
    """

    def __init__(
        self,
        stack: RunningStack,
        keeper: Keeper,
        loop: Loop,
        warehouse: WarehouseProxy,
        s3: S3Proxy,
        *,
        hidden: list[str],
    ) -> None:
        self._stack, self._keeper, self._loop, self._warehouse, self._s3 = stack, keeper, loop, warehouse, s3
        self._hidden = hidden
        self.done: dict[str, int] = {}
        self.missed: list[Fault] = []

    def apply(self, fault: Fault) -> None:
        """Wait as long as the fault says, and do it; returns when what was killed is started again."""
        time.sleep(fault.pause)
        if self._action(fault.kind)(fault.chance()):
            self.done[fault.kind] = self.done.get(fault.kind, 0) + 1
        else:
            self.missed.append(fault)

    def _action(self, kind: str) -> Callable[[Random], bool]:
        keeper = self._keeper
        return {
            "task killed": lambda chance: self._kill_task(chance, supervisor=False),
            "task's supervisor killed": lambda chance: self._kill_task(chance, supervisor=True),
            "backend ended": lambda chance: self._kill_backend(chance, gently=True),
            "backend killed": lambda chance: self._kill_backend(chance, gently=False),
            "stand-in killed": _restarting(keeper.kill_front),
            "PostgreSQL killed": _restarting(keeper.kill_postgres),
            "S3 killed": _restarting(keeper.kill_s3),
            "scheduler killed, its tasks go on": _restarting(partial(keeper.kill_airflow, "scheduler", children=False)),
            "scheduler killed with its tasks": _restarting(partial(keeper.kill_airflow, "scheduler", children=True)),
            "DAG processor killed": _restarting(partial(keeper.kill_airflow, "dag-processor", children=True)),
            "warehouse refuses connections": lambda chance: self._refuse(self._warehouse, chance),
            "S3 refuses connections": lambda chance: self._refuse(self._s3, chance),
            "cut in COPY": lambda chance: self._cut(chance, "copy", "during"),
            "cut before COMMIT": lambda chance: self._cut(chance, "commit", "before"),
            "cut after COMMIT": lambda chance: self._cut(chance, "commit", "after"),
            "S3 answers 500": lambda chance: self._disturb(chance, "internal_error"),
            "S3 answers SlowDown": lambda chance: self._disturb(chance, "slow_down"),
            "S3 resets": lambda chance: self._disturb(chance, "reset"),
            "S3 cuts bodies short": lambda chance: self._disturb(chance, "truncated"),
            "S3 hides new objects": lambda chance: self._disturb(chance, "lagging"),
        }[kind]

    def _kill_task(self, chance: Random, *, supervisor: bool) -> bool:
        """Kill the process that runs a task's code, or the one that watches it and speaks with Airflow."""

        def hit() -> bool:
            found = _tasks(self._keeper.airflow("scheduler").pid)
            if not found:
                return False
            child, parent = chance.choice(found)
            with suppress(psutil.Error):
                (parent if supervisor else child).kill()
                return True
            return False

        return self._within(hit)

    def _kill_backend(self, chance: Random, *, gently: bool) -> bool:
        """End a session of the warehouse that is at work. Killed, PostgreSQL ends all others, too, and recovers."""

        def hit() -> bool:
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(
                    self._stack.stack.warehouse.postgres.dsn("dev"), autocommit=True, application_name=_OWN
                ) as server,
            ):
                found = server.execute(
                    "select pid from pg_stat_activity where datname = 'dev' and backend_type = 'client backend'"
                    " and state <> 'idle' and application_name <> %s order by pid",
                    [_OWN],
                ).fetchall()
                if not found:
                    return False
                (pid,) = chance.choice(found)
                if gently:
                    return bool(server.execute("select pg_terminate_backend(%s)", [pid]).fetchone() == (True,))
                os.kill(pid, signal.SIGKILL)
                return True
            return False

        return self._within(hit)

    def _refuse(self, proxy: WarehouseProxy | S3Proxy, chance: Random) -> bool:
        self._loop.do(proxy.refuse())
        time.sleep(chance.uniform(0.5, 4))
        self._loop.do(proxy.listen())
        return True

    def _cut(self, chance: Random, statement: str, moment: Moment) -> bool:
        snare = Snare(statement, moment, delay=chance.uniform(0, 0.06), reset=chance.random() < 0.5)
        self._loop.do(self._warehouse.arm(snare))
        sprung = self._within(lambda: snare.sprung.wait(_SLICE_SECONDS))
        self._loop.do(self._warehouse.disarm(snare))
        return sprung

    def _disturb(self, chance: Random, kind: Kind) -> bool:
        # Few requests are made good by the S3 clients themselves, many only by Airflow's retries.
        disturbance = Disturbance(kind, requests=chance.randint(1, 12), hidden=chance.choice(self._hidden))
        self._loop.do(self._s3.arm(disturbance))
        met = self._within(lambda: disturbance.met.wait(_SLICE_SECONDS)) and (disturbance.over.wait(5.0) or True)
        self._loop.do(self._s3.disarm(disturbance))
        return met

    def _within(self, hit: Callable[[], bool]) -> bool:
        """Try until it hits; what has ended for an earlier fault is started again meanwhile, else nobody was there."""
        deadline = time.monotonic() + _LOOK_SECONDS
        mended = time.monotonic()
        while not (done := hit()) and time.monotonic() < deadline:
            if time.monotonic() - mended > _MEND_SECONDS:
                self._keeper.mend()
                mended = time.monotonic()
            time.sleep(_SLICE_SECONDS)
        return done


def _tasks(scheduler: int | None) -> list[tuple[psutil.Process, psutil.Process]]:
    """Return the processes that run tasks of a scheduler, each with the one that watches it, in the order of pids."""
    found = []
    with suppress(psutil.Error):
        for worker in psutil.Process(scheduler).children():
            with suppress(psutil.Error):
                found += [(child, worker) for child in worker.children()]
    return sorted(found, key=lambda pair: pair[0].pid)


def _restarting(kill: Callable[[float], None]) -> Callable[[Random], bool]:
    """Make an action of one that takes for how many seconds somebody is away, and cannot miss."""

    def done(chance: Random) -> bool:
        kill(chance.uniform(0, 2))
        return True

    return done
