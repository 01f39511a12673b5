-- Purpose: what the insights were made from, and when.
-- Grain: one row, none before the first refresh.
-- Refresh: replaced by refresh_insights, last in the transaction that replaces every table of this schema: whoever
-- sees it sees what it tells of.
create schema if not exists insights;

create table if not exists insights.refreshed (
    run_id varchar(250) not null,
    facts bigint not null,
    first_play timestamp,
    last_play timestamp,
    computed_at timestamp not null,
    loads bigint not null,
    last_load timestamp
)
diststyle all;

create table if not exists staging.lock_insights (held boolean);
