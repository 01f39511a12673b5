-- Purpose: every result of every data quality check.
-- Grain: one row per check and try.
-- Refresh: appended by check_quality and check_warehouse.
create table if not exists quality_results (
    dag_id varchar(250) not null,
    run_id varchar(250) not null,
    try_number integer not null,
    check_name varchar(250) not null,
    table_name varchar(127) not null,
    severity varchar(8) not null,
    passed boolean not null,
    expected varchar(250) not null,
    observed varchar(250) not null,
    window_start timestamp,
    window_end timestamp,
    checked_at timestamp not null,
    kind varchar(32),
    column_name varchar(127),
    -- A JSON array of at most five keys of rows that did not pass.
    samples varchar(1000)
)
diststyle even
compound sortkey (checked_at);
