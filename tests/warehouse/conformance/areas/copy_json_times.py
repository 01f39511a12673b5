"""COPY: dates and times.

Without a format, with a format string, 'auto' and epochs.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.warehouse.conformance.case import Case
from tests.warehouse.conformance.copying import JSON, loads, rejects

_STRINGS = "r_DATEFORMAT_and_TIMEFORMAT_strings"
_AUTO = "automatic-recognition"
_CONVERSION = "copy-parameters-data-conversion"


def _reads(fact: str, page: str, type_: str, values: dict[str, object], options: str = "") -> Case:
    """Values of one type that are read."""
    columns = [f"c{number}" for number in range(len(values))]
    body = ", ".join(f'"{name}": "{value}"' for name, value in zip(columns, values, strict=True))
    return loads(
        fact,
        page,
        table=", ".join(f"{name} {type_}" for name in columns),
        body=f"{{{body}}}".encode(),
        options=f"{JSON} {options}",
        rows=[tuple(values.values())],
    )


_MARCH = datetime(2003, 3, 31, 18, 45, 5)
CASES = [
    _reads(
        "A DATE is YYYY-MM-DD, a time of day behind it is dropped",
        _STRINGS,
        "date",
        {"2018-11-02": date(2018, 11, 2), "2018-11-02 01:25:34": date(2018, 11, 2)},
    ),
    _reads(
        "A TIMESTAMP is YYYY-MM-DD HH:MI:SS, with a fraction to the microsecond or without a time of day",
        _STRINGS,
        "timestamp",
        {
            "2018-11-02 01:25:34": datetime(2018, 11, 2, 1, 25, 34),
            "2018-11-02 01:25:34.796123": datetime(2018, 11, 2, 1, 25, 34, 796123),
            "2018-11-02": datetime(2018, 11, 2),
        },
    ),
    _reads(
        "A TIMESTAMPTZ may have an offset from UTC behind it",
        _STRINGS,
        "timestamptz",
        {
            "2018-11-02 01:25:34-08": datetime(2018, 11, 2, 9, 25, 34, tzinfo=UTC),
            "2018-11-02 01:25:34-8:00": datetime(2018, 11, 2, 9, 25, 34, tzinfo=UTC),
            "2018-11-02 01:25:34": datetime(2018, 11, 2, 1, 25, 34, tzinfo=UTC),
        },
    ),
    rejects(
        "What is in another form than the format is an error that shows the format",
        "observed",
        table="a timestamp",
        body=b'{"a": "x"}\n{"a": 1541105830796}\n{"a": "2018-11-02T01:25:34Z"}\n{"a": "2018-02-30"}',
        faults=[
            (line, "a", "timestamp", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]")
            for line in (1, 2, 3, 4)
        ],
    ),
    rejects(
        "A date in another form than the format is an error of its own code",
        "r_Load_Error_Reference",
        table="a date",
        body=b'{"a": "31.12.2018"}',
        shown="line_number, trim(type), err_code",
        faults=[(1, "date", 1205)],
    ),
    _reads(
        "DATEFORMAT names the parts", _STRINGS, "date", {"03/31/2003": date(2003, 3, 31)}, "dateformat 'MM/DD/YYYY'"
    ),
    _reads(
        "MON is a month's name, in full or its first three letters",
        _STRINGS,
        "date",
        {"March 31, 2003": date(2003, 3, 31), "Mar 31, 2003": date(2003, 3, 31)},
        "dateformat as 'MON DD, YYYY'",
    ),
    _reads(
        "SS takes a fraction",
        _STRINGS,
        "timestamp",
        {"03.31.2003 18:45:05": _MARCH, "03.31.2003 18:45:05.123456": _MARCH.replace(microsecond=123456)},
        "timeformat 'MM.DD.YYYY HH:MI:SS'",
    ),
    _reads(
        "HH is the hour of 24, HH12 with AM or PM that of twelve, YY a year without its century",
        _STRINGS,
        "timestamp",
        {"31-03-03 06:45:05 PM": _MARCH},
        "timeformat 'DD-MM-YY HH12:MI:SS AM'",
    ),
    loads(
        "'epochsecs' counts the seconds since 1970, as number or text",
        _CONVERSION,
        table="a timestamp, b timestamp, c bigint",
        body=b'{"a": 1541121934, "b": "1541121934", "c": 1541121934}',
        options=f"{JSON} timeformat 'epochsecs'",
        rows=[(datetime(2018, 11, 2, 1, 25, 34), datetime(2018, 11, 2, 1, 25, 34), 1541121934)],
    ),
    loads(
        "'epochmillisecs' counts milliseconds",
        _CONVERSION,
        table="a timestamp, b timestamp",
        body=b'{"a": 1541121934796, "b": "1541121934796"}',
        options=f"{JSON} timeformat as 'epochmillisecs'",
        rows=[(datetime(2018, 11, 2, 1, 25, 34, 796000),) * 2],
    ),
    _reads(
        "'auto' recognises timestamps in these forms",
        _AUTO,
        "timestamp",
        {
            "2019-02-11T05:09:12.195Z": datetime(2019, 2, 11, 5, 9, 12, 195000),
            "J2345678 04:05:06.789": datetime(1710, 2, 23, 4, 5, 6, 789000),
            "19960108 040809": datetime(1996, 1, 8, 4, 8, 9),
            "960108 040809": datetime(1996, 1, 8, 4, 8, 9),
            "1996-01-08 04:05:06.789": datetime(1996, 1, 8, 4, 5, 6, 789000),
            "03/31/2003 18:45:05": _MARCH,
            "March 31, 2003 06:45:05 PM": _MARCH,
        },
        "timeformat 'auto'",
    ),
    _reads(
        "'auto' recognises time zones for TIMESTAMPTZ",
        _AUTO,
        "timestamptz",
        {
            "17 Dec 07:37:16 1997 PST": datetime(1997, 12, 17, 15, 37, 16, tzinfo=UTC),
            "12/17/1997 07:37:16.00 PST": datetime(1997, 12, 17, 15, 37, 16, tzinfo=UTC),
            "1997-12-17 07:37:16-08": datetime(1997, 12, 17, 15, 37, 16, tzinfo=UTC),
            "12.17.1997 07:37:16.00 PST": datetime(1997, 12, 17, 15, 37, 16, tzinfo=UTC),
        },
        "timeformat 'auto'",
    ),
    _reads(
        "'auto' recognises dates in these forms",
        _AUTO,
        "date",
        {
            "J2451187": date(1999, 1, 8),
            "1996.008": date(1996, 1, 8),
            "19960108": date(1996, 1, 8),
            "Jan-08-1995": date(1995, 1, 8),
            "2019-02-11T05:09:12.195Z": date(2019, 2, 11),
        },
        "dateformat 'auto'",
    ),
    loads(
        "'auto' recognises years before Christ",
        _AUTO,
        table="a date",
        body=b'{"a": "Jan-08-95 BC"}',
        options=f"{JSON} dateformat 'auto'",
        select="select a::varchar from t",
        rows=[("0095-01-08 BC",)],
    ),
    rejects(
        "'auto' does not recognise epochs",
        _AUTO,
        table="a timestamp",
        body=b'{"a": 1541121934}\n{"a": "1541121934796"}',
        options=f"{JSON} timeformat 'auto'",
        shown="err_code",
        faults=[(1206,), (1206,)],
    ),
    loads(
        "ACCEPTANYDATE loads what is no date or timestamp as NULL",
        _CONVERSION,
        table="a date, b timestamp, c int",
        body=b'{"a": "00/00/00 00:00:00", "b": "x", "c": 1}',
        options=f"{JSON} acceptanydate dateformat 'auto'",
        rows=[(None, None, 1)],
    ),
]
