"""How fast the stand-in's COPY of JSON is, beside PostgreSQL's own \\copy and other ways, and what memory it takes.

    python -m tests.benchmarks.copy_json [--rows N] [--objects N] [--gigabytes N] [PART …]

Three parts, all by default, each on a warehouse of its own in a temporary folder:

rows      the same events into the same table: COPY of JSON lines from S3 through the stand-in; \\copy of CSV straight
          into PostgreSQL; and three ways to load the JSON without a stand-in. Fails when COPY makes fewer than half the
          rows a second of \\copy, or fewer than the best of the other ways. All load the same table, made through the
          stand-in, so each of them pays for its checks of byte lengths. \\copy is given its CSV ready-made in memory,
          little more than half as long as the JSON, by a client that does nothing else; COPY's time has all in it:
          finding the objects and the jsonpaths, reading from S3, and what it writes of itself into the system tables,
          some 0.1 s a load whatever its size.
objects   many one-object files; the same client, with as many threads, reads them alone. Fails above 1.3 times that.
memory    a load of `--gigabytes` of JSON; fails when the session's processes together hold more than 300 MB at once.

Exit status 1 when anything fails. The figures move with what else the machine does: the best of several rounds counts.
"""

import argparse
import csv
import io
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from local import accounts
from local.simulator import simulate
from local.warehouse import IAM_ROLE, Warehouse

ROOT = Path(__file__).resolve().parents[2]
PATHS = ROOT / "sql" / "copy" / "log_json_path.json"
TABLE = "staging.events"
BUCKET = "benchmark"
OPTIONS = f"iam_role '{IAM_ROLE}' timeformat 'epochmillisecs' compupdate off statupdate off"
SHARE_OF_CSV = 0.5
TIMES_OF_READING = 1.3
MOST_MEGABYTES = 300
# As COPY's own readers, local/redshift/copy/objects.py.
READERS = 8


def main() -> None:
    """Run the parts and exit with 1 if one misses its mark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--objects", type=int, default=15_000)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    chosen = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), songs=50, events=8000, days=30, seed=0)
        documents = [
            json.loads(line)
            for file in sorted(Path(folder).glob("log_data/**/*.json"))
            for line in file.read_text().splitlines()
        ]
    for part in chosen.parts or PARTS:
        with running() as warehouse:
            held = PARTS[part](warehouse, documents, chosen) and held
    sys.exit(0 if held else 1)


@contextmanager
def running() -> Iterator[Warehouse]:
    """A warehouse with the table and the bucket; nothing is left of it."""
    home = Path(tempfile.mkdtemp(prefix="sparkify-benchmark-"))
    home.chmod(0o711)
    try:
        with Warehouse(home) as warehouse:
            client = warehouse.s3.client()
            client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
            client.put_object(Bucket=BUCKET, Key="paths.json", Body=PATHS.read_bytes())
            with session(warehouse) as redshift:
                redshift.execute((ROOT / "sql" / "tables" / "staging_events.sql").read_bytes())
            yield warehouse
    finally:
        accounts.remove_data(home / "postgres")
        shutil.rmtree(home, ignore_errors=True)


def session(warehouse: Warehouse) -> psycopg.Connection[Any]:
    """A session on the stand-in."""
    return psycopg.connect(warehouse.redshift.dsn, autocommit=True)


def copy(warehouse: Warehouse, prefix: str) -> float:
    """Load a prefix through the stand-in and return the seconds."""
    with session(warehouse) as redshift:
        began = time.perf_counter()
        statement = f"copy {TABLE} from 's3://{BUCKET}/{prefix}' json 's3://{BUCKET}/paths.json' {OPTIONS}"
        redshift.execute(statement.encode())
        return time.perf_counter() - began


def rows(warehouse: Warehouse, documents: list[dict[str, Any]], chosen: argparse.Namespace) -> bool:
    """Measure rows a second; whether both marks are met."""
    repeated = [documents[number % len(documents)] for number in range(chosen.rows)]
    lines = [json.dumps(document) for document in repeated]
    body = ("\n".join(lines) + "\n").encode()
    client = warehouse.s3.client()
    parts = 8
    for part in range(parts):
        client.put_object(Bucket=BUCKET, Key=f"rows/{part}.json", Body="\n".join(lines[part::parts]).encode())
    table = _as_csv(repeated)
    dsn = warehouse.postgres.dsn("dev")
    ways: dict[str, Callable[[], float]] = {
        "COPY, stand-in": lambda: copy(warehouse, "rows/"),
        "\\copy from CSV": lambda: timed(dsn, lambda connection: _copy_csv(connection, table)),
        "jsonb, server-side": lambda: timed(dsn, lambda connection: _populate(connection, body)),
        "json + write_row": lambda: timed(dsn, lambda connection: _write_rows(connection, lines)),
        "json + executemany": lambda: timed(dsn, lambda connection: _insert(connection, lines)),
    }
    best = dict.fromkeys(ways, 0.0)
    for _ in range(chosen.rounds):
        for name, way in ways.items():
            seconds = way()
            with psycopg.connect(dsn, autocommit=True) as connection:
                counted = connection.execute(f"select count(*), count(distinct ts) from {TABLE}".encode()).fetchone()
                connection.execute(f"truncate {TABLE}".encode())
            if counted is None or counted[0] != chosen.rows:
                sys.exit(f"{name} loaded {counted} of {chosen.rows} rows")
            best[name] = max(best[name], chosen.rows / seconds)
    own, plain, *others = best.values()
    for name, rate in best.items():
        print(f"{name:20}{rate:12,.0f} rows/s  COPY is {own / rate:.2f} times that")
    return judged(f"{own / plain:.2f} of \\copy from CSV", own >= SHARE_OF_CSV * plain) & judged(
        f"{own / max(others):.2f} of the best other way", own >= max(others)
    )


def timed(dsn: str, work: Callable[[psycopg.Connection[Any]], None]) -> float:
    """Run work in one transaction on PostgreSQL itself and return the seconds."""
    with psycopg.connect(dsn) as connection:
        began = time.perf_counter()
        work(connection)
        connection.commit()
        return time.perf_counter() - began


COLUMNS = [
    *("artist", "auth", "firstName", "gender", "itemInSession", "lastName", "length", "level", "location", "method"),
    *("page", "registration", "sessionId", "song", "status", "ts", "userAgent", "userId"),
]
_TS = COLUMNS.index("ts")


def _values(document: dict[str, Any]) -> list[Any]:
    """A document's values as a loader of one's own would take them."""
    values = [document.get(name) for name in COLUMNS]
    seconds, milliseconds = divmod(document["ts"], 1000)
    values[_TS] = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03}"
    if values[11] is not None:
        values[11] = int(values[11])
    values[17] = values[17] or None
    return values


def _as_csv(documents: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(_values(document) for document in documents)
    return text.getvalue().encode()


def _copy_csv(connection: psycopg.Connection[Any], table: bytes) -> None:
    with connection.cursor().copy(f"copy {TABLE} from stdin (format csv)".encode()) as target:
        for place in range(0, len(table), 1 << 18):
            target.write(table[place : place + (1 << 18)])


def _populate(connection: psycopg.Connection[Any], body: bytes) -> None:
    connection.execute("create temp table loaded (line jsonb) on commit drop")
    # A quote and a delimiter that JSON cannot hold: each line is one value, as it is.
    with connection.cursor().copy(b"copy loaded from stdin (format csv, quote e'\\x01', delimiter e'\\x02')") as target:
        for place in range(0, len(body), 1 << 18):
            target.write(body[place : place + (1 << 18)])
    numbers = {"itemInSession": "int", "length": "float8", "registration": "numeric::bigint", "sessionId": "bigint"}
    numbers |= {"status": "int"}
    taken = []
    for name in COLUMNS:
        value = f"line->>'{name}'"
        if name == "ts":
            value = f"to_timestamp(({value})::float8 / 1000) at time zone 'utc'"
        elif name == "userId":
            value = f"nullif({value}, '')::int"
        elif name in numbers:
            value = f"({value})::{numbers[name]}"
        taken.append(value)
    connection.execute(f"insert into {TABLE} select {', '.join(taken)} from loaded".encode())


def _write_rows(connection: psycopg.Connection[Any], lines: list[str]) -> None:
    with connection.cursor().copy(f"copy {TABLE} from stdin".encode()) as target:
        for line in lines:
            target.write_row(_values(json.loads(line)))


def _insert(connection: psycopg.Connection[Any], lines: list[str]) -> None:
    given = ", ".join(["%s"] * len(COLUMNS))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into {TABLE} values ({given})".encode(), (_values(json.loads(line)) for line in lines)
        )


def objects(warehouse: Warehouse, documents: list[dict[str, Any]], chosen: argparse.Namespace) -> bool:
    """Measure many one-object files; whether COPY takes at most so many times what reading them takes."""
    client = warehouse.s3.client()
    keys = [f"objects/{number:06d}.json" for number in range(chosen.objects)]
    bodies = [json.dumps(documents[number % len(documents)]).encode() for number in range(chosen.objects)]
    with ThreadPoolExecutor(READERS) as pool:
        list(pool.map(lambda key, body: client.put_object(Bucket=BUCKET, Key=key, Body=body), keys, bodies))
    alone, loaded = [], []
    for _ in range(chosen.rounds):
        began = time.perf_counter()
        with ThreadPoolExecutor(READERS) as pool:
            read = sum(
                len(body)
                for body in pool.map(lambda key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read(), keys)
            )
        alone.append(time.perf_counter() - began)
        if read != sum(map(len, bodies)):
            sys.exit(f"read {read} bytes of {sum(map(len, bodies))}")
        loaded.append(copy(warehouse, "objects/"))
    print(f"reading {chosen.objects} objects {min(alone):8.2f} s, COPY {min(loaded):8.2f} s")
    ratio = min(loaded) / min(alone)
    return judged(f"{ratio:.2f} times reading them alone", ratio <= TIMES_OF_READING)


def memory(warehouse: Warehouse, documents: list[dict[str, Any]], chosen: argparse.Namespace) -> bool:
    """Measure the session's memory during a large load; whether it stays below the mark."""
    client = warehouse.s3.client()
    lines = "".join(json.dumps(document) + "\n" for document in documents).encode()
    # One body of 64 MB or so, named again and again by a manifest: the load is as large, the disk is not.
    body = lines * (1 + (64 << 20) // len(lines))
    client.put_object(Bucket=BUCKET, Key="large.json", Body=body)
    times = int(chosen.gigabytes * 1e9 / len(body)) + 1
    entries = [{"url": f"s3://{BUCKET}/large.json", "mandatory": True}] * times
    client.put_object(Bucket=BUCKET, Key="large.manifest", Body=json.dumps({"entries": entries}).encode())
    with session(warehouse) as redshift:
        front = psutil.Process(warehouse.servers[-1].pid)
        own = front.children()
        most, ended = 0, threading.Event()

        def watch() -> None:
            nonlocal most
            while not ended.wait(0.05):
                with suppress(psutil.NoSuchProcess):  # a worker that has just ended
                    # What a worker shares with the session that it was forked from is held once.
                    workers = [worker for one in own for worker in one.children(recursive=True)]
                    private = sum(worker.memory_full_info().uss for worker in workers)
                    most = max(most, private + sum(one.memory_info().rss for one in own))

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.perf_counter()
        # NOLOAD: all is read and made into rows; what would fill the disk is left out.
        statement = f"copy {TABLE} from 's3://{BUCKET}/large.manifest' manifest json 's3://{BUCKET}/paths.json' noload"
        redshift.execute(f"{statement} {OPTIONS}".encode())
        seconds = time.perf_counter() - began
        ended.set()
        watcher.join()
    print(f"{times * len(body) / 1e9:.2f} GB in {seconds:.1f} s; the session held at most {most >> 20} MB")
    return judged(f"{most >> 20} MB", most >> 20 < MOST_MEGABYTES)


def judged(said: str, held: bool) -> bool:
    """Print a mark and whether it is met."""
    print(f"{'ok  ' if held else 'MISS'}  {said}")
    return held


PARTS: dict[str, Callable[[Warehouse, list[dict[str, Any]], argparse.Namespace], bool]] = {
    "rows": rows,
    "objects": objects,
    "memory": memory,
}

if __name__ == "__main__":
    main()
