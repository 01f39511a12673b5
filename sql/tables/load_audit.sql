-- Purpose: what each run did to each table.
-- Grain: one row per try that committed.
-- Refresh: appended in the load's own transaction.
create table if not exists load_audit (
    dag_id varchar(250) not null,
    run_id varchar(250) not null,
    try_number integer not null,
    table_name varchar(127) not null,
    window_start timestamp,
    window_end timestamp,
    outcome varchar(16) not null,
    files integer not null,
    rows_staged bigint not null,
    rows_misfiled bigint not null,
    rows_inserted bigint not null,
    rows_updated bigint not null,
    rows_deleted bigint not null,
    seconds double precision not null,
    loaded_at timestamp not null,
    -- The transaction's start, finer than loaded_at's whole seconds: which of two loads of a table came first.
    began_at timestamp
)
diststyle even
compound sortkey (window_start);
