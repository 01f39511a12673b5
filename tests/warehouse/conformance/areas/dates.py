"""Dates and times.

Boundaries, not durations, are what DATEDIFF counts; the functions' types are Redshift's, not PostgreSQL's.
"""

from __future__ import annotations

from datetime import date, datetime

from tests.warehouse.conformance.case import Case

CASES = [
    Case(
        fact="DATEDIFF counts the boundaries between two values, so one second can be a year",
        source="r_DATEDIFF_function",
        sql="select datediff(year, '2008-12-31 23:59:59'::timestamp, '2009-01-01'::timestamp)",
        rows=[(1,)],
    ),
    Case(
        fact="DATEDIFF counts every part from quarters to microseconds by its boundaries",
        source="r_DATEDIFF_function",
        sql="select datediff(qtr, '1998-07-01', '2018-11-30'), datediff(month, '2018-01-31', '2018-02-01'), "
        "datediff(week, '2009-01-01', '2009-12-31'), datediff(day, '2018-11-01 23:59', '2018-11-02 00:01'), "
        "datediff(hour, '2018-11-01 00:59', '2018-11-01 01:00'), "
        "datediff(m, '2018-11-01 00:00:59', '2018-11-01 00:01'), "
        "datediff(ms, '2018-11-01', '2018-11-01 00:00:01.5'), datediff(us, '2018-11-01', '2018-11-01 00:00:00.25')",
        rows=[(81, 1, 52, 1, 1, 1, 1500, 250000)],
    ),
    Case(
        fact="DATEDIFF takes DATE, TIME and TIMESTAMPTZ as well; EXTRACT takes an INTERVAL",
        source="r_DATEDIFF_function",
        sql="select datediff(month, '2018-01-31'::date, '2018-02-01'::date), "
        "datediff(hour, '10:59'::time, '12:00'::time), "
        "datediff(day, '2018-11-01 23:00+00'::timestamptz, '2018-11-02 01:00+00'::timestamptz), "
        "extract(epoch from '2018-11-02'::timestamp - '2018-11-01'::timestamp)",
        rows=[(1, 2, 1, 86400)],
    ),
    Case(
        fact="DATEDIFF is negative when the second value is the earlier",
        source="r_DATEDIFF_function",
        sql="select datediff(day, '2018-11-05', '2018-11-01')",
        rows=[(-4,)],
    ),
    Case(
        fact="A week begins on Monday for DATEDIFF and DATE_TRUNC",
        source="observed",
        sql="select datediff(week, '2016-08-06', '2016-08-16'), date_trunc('week', '2018-11-04'::date)",
        rows=[(2, datetime(2018, 10, 29))],
    ),
    Case(
        fact="DATEADD turns a DATE into a TIMESTAMP",
        source="r_DATEADD_function",
        sql="select dateadd(day, 1, '2018-11-30'::date)",
        rows=[(datetime(2018, 12, 1),)],
    ),
    Case(
        fact="In DATEADD, `m` is the minute and `mon` the month",
        source="r_Dateparts_for_datetime_functions",
        sql="select dateadd(m, 5, '2018-11-30'::timestamp), dateadd(mon, 5, '2018-11-30'::timestamp)",
        rows=[(datetime(2018, 11, 30, 0, 5), datetime(2019, 4, 30))],
    ),
    Case(
        fact="ADD_MONTHS keeps the end of a month at the end, DATEADD keeps the day",
        source="r_ADD_MONTHS",
        sql="select add_months('2008-04-30', 1), dateadd(month, 1, '2008-04-30'::timestamp), "
        "add_months('2008-01-31', 1)",
        rows=[(datetime(2008, 5, 31), datetime(2008, 5, 30), datetime(2008, 2, 29))],
    ),
    Case(
        fact="MONTHS_BETWEEN is whole between equal days and between month ends, else counts 31 days to a month",
        source="r_MONTHS_BETWEEN_function",
        sql="select months_between('1969-01-18', '1969-03-18'), months_between('2014-09-30', '2014-08-31'), "
        "months_between('2014-01-16 12:00', '2014-01-01')",
        rows=[(-2.0, 1.0, 0.5)],
    ),
    Case(
        fact="NEXT_DAY is after the date, never the date itself, and takes shortened names",
        source="r_NEXT_DAY",
        sql="select next_day('2014-08-20', 'Tuesday'), next_day('2014-08-20', 'Wed'), next_day('2014-08-20', 'th')",
        rows=[(date(2014, 8, 26), date(2014, 8, 27), date(2014, 8, 21))],
    ),
    Case(
        fact="LAST_DAY is a DATE, also of a TIMESTAMP",
        source="r_LAST_DAY",
        sql="select last_day('2008-02-01'::date), last_day('2018-11-05 10:00'::timestamp)",
        rows=[(date(2008, 2, 29), date(2018, 11, 30))],
    ),
    Case(
        fact="TRUNC of a TIMESTAMP is a DATE",
        source="r_TRUNC_date",
        sql="select trunc('2018-11-05 10:00:59'::timestamp)",
        rows=[(date(2018, 11, 5),)],
    ),
    Case(
        fact="EXTRACT from a TIMESTAMP is an INTEGER without the fraction; DATE_PART is DOUBLE PRECISION with it",
        source="r_EXTRACT_function",
        sql="select extract(second from '2018-11-05 10:00:59.75'::timestamp), "
        "date_part(second, '2018-11-05 10:00:59.75'::timestamp)",
        rows=[(59, 59.75)],
    ),
    Case(
        fact="EXTRACT's milliseconds and microseconds are those within the second",
        source="r_EXTRACT_function",
        sql="select extract(ms from timestamp '2009-09-09 12:08:43.101'), "
        "date_part(microsecond, timestamp '2022-05-02 04:05:06.789')",
        rows=[(101, 789000.0)],
    ),
    Case(
        fact="Decades count from the year 1, so 2000 lies in decade 201; 2000 is in the second millennium",
        source="r_Dateparts_for_datetime_functions",
        sql="select extract(decade from timestamp '1999-02-16 20:38:40'), "
        "extract(decade from timestamp '2000-02-16 20:38:40'), extract(mil from timestamp '2000-12-16 12:21:13')",
        rows=[(200, 201, 2)],
    ),
    Case(
        fact="Sunday is day 0 of the week under each of its names",
        source="r_Dateparts_for_datetime_functions",
        sql="select extract(dow from '2018-11-04'::date), extract(dayofweek from '2018-11-04'::date), "
        "extract(weekday from '2018-11-05'::date), date_part(dw, '2018-11-10'::date)",
        rows=[(0, 0, 1, 6.0)],
    ),
    Case(
        fact="Date parts have many spellings",
        source="r_Dateparts_for_datetime_functions",
        sql="select extract(yr from d), extract(qtr from d), extract(mons from d), extract(w from d), "
        "extract(yearday from d), extract(hrs from d), extract(mins from d), date_part('epoch', d) "
        "from (select '2018-11-05 10:20:30'::timestamp as d) x",
        rows=[(2018, 4, 11, 45, 309, 10, 20, 1541413230.0)],
    ),
    Case(
        fact="An unnamed EXTRACT is called date_part, DATE_PART pgdate_part, DATEDIFF date_diff",
        source="r_DATE_PART_function",
        sql="select date_part, pgdate_part, date_diff from "
        "(select extract(day from d), date_part(day, d), datediff(day, d, d) "
        "from (select '2018-11-05'::timestamp d) x) y",
        rows=[(5, 5.0, 0)],
    ),
    Case(
        fact="GETDATE has no fraction and no time zone; SYSDATE has microseconds",
        source="r_GETDATE",
        sql="select extract(us from getdate()), getdate() - sysdate < interval '1 minute', "
        "date_trunc('day', getdate()) = date_trunc('day', sysdate)",
        rows=[(0, True, True)],
    ),
    Case(
        fact="CONVERT_TIMEZONE takes the source for UTC if it is left out",
        source="CONVERT_TIMEZONE",
        sql="select convert_timezone('US/Pacific', '2018-11-02 12:00:00'), "
        "convert_timezone('US/Pacific', 'UTC', '2018-11-02 05:00:00'::timestamp)",
        rows=[(datetime(2018, 11, 2, 5), datetime(2018, 11, 2, 12))],
    ),
    Case(
        fact="TIMESTAMP 'epoch' plus seconds makes a moment of an epoch; whole-number division drops its milliseconds",
        source="r_Dateparts_for_datetime_functions",
        sql="select timestamp 'epoch' + 1541121934796 / 1000 * interval '1 second'",
        rows=[(datetime(2018, 11, 2, 1, 25, 34),)],
    ),
    Case(
        fact="A DATE plus a number is a DATE, a DATE minus a DATE a number of days",
        source="r_Datetime_types",
        sql="select '2018-11-30'::date + 1, '2018-12-02'::date - '2018-11-30'::date",
        rows=[(date(2018, 12, 1), 2)],
    ),
    Case(
        fact="DATE_CMP and TIMESTAMP_CMP are -1, 0 or 1",
        source="r_DATE_CMP",
        sql="select date_cmp('2008-01-01', '2008-01-05'), date_cmp('2008-01-05', '2008-01-05'), "
        "timestamp_cmp('2008-01-06', '2008-01-05')",
        rows=[(-1, 0, 1)],
    ),
    Case(
        fact="TO_CHAR and TO_DATE read and write by a format",
        source="r_TO_CHAR",
        sql="select to_char(timestamp '2009-12-31 23:15:59', 'DD-MON-YYYY HH24:MI'), to_char(125.8, '999D99'), "
        "to_date('02 Oct 2001', 'DD Mon YYYY')",
        rows=[("31-DEC-2009 23:15", " 125.80", date(2001, 10, 2))],
    ),
    Case(
        fact="TO_DATE with is_strict refuses a day that does not exist",
        source="r_TO_DATE_function",
        sql="select to_date('20010631', 'YYYYMMDD', true)",
        error="out of range",
        code="22008",
    ),
    Case(
        fact="TO_DATE without is_strict counts a day that does not exist into the next month",
        source="r_TO_DATE_function",
        sql="select to_date('20010631', 'YYYYMMDD')",
        error="out of range",
        code="22008",
        refused=True,
    ),
    Case(
        fact="CURRENT_TIMESTAMP runs on the leader node alone; GETDATE and SYSDATE are for queries",
        source="c_SQL_functions_leader_node_only",
        sql="select current_timestamp",
        error="GETDATE",
        code="0A000",
    ),
]
