-- Tables and columns as Redshift shows them (Developer Guide: c_intro_system_views).
create or replace view pg_catalog.pg_table_def as
select
    n.nspname as schemaname,
    c.relname as tablename,
    a.attname as "column",
    format_type(a.atttypid, a.atttypmod) as type,
    coalesce(d.noted -> 'encode' ->> a.attname::text, 'none') as encoding,
    coalesce(d.noted ->> 'distkey' = a.attname, false) as distkey,
    coalesce(s.place, 0) * (
        case when d.noted ->> 'sortstyle' = 'INTERLEAVED' and s.place % 2 = 0 then -1 else 1 end
    ) as sortkey,
    a.attnotnull as "notnull"
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join lateral (select redshift_attributes(c.oid) as noted) as d on true
left join lateral (
    select key.place::integer as place
    from jsonb_array_elements_text(d.noted -> 'sortkeys') with ordinality as key (name, place)
    where key.name = a.attname
) as s on true
where c.relkind = 'r' and n.nspname = any (current_schemas(true));

create or replace view pg_catalog.svv_tables as
select table_catalog, table_schema, table_name, table_type,
    obj_description(to_regclass(format('%I.%I', table_schema, table_name)), 'pg_class') as remarks
from information_schema.tables
where table_schema <> 'redshift_internal';

create or replace view pg_catalog.svv_columns as
select
    table_catalog, table_schema, table_name, column_name, ordinal_position,
    -- An identity is a default that calls a function, with the table, the column, and seed and step.
    case when is_identity = 'YES' then format(
        '%s(%s, %s, ''%s,%s''::text)',
        case identity_generation when 'ALWAYS' then '"identity"' else 'default_identity' end,
        to_regclass(format('%I.%I', table_schema, table_name))::oid, ordinal_position - 1, identity_start,
        identity_increment
    )::information_schema.character_data else column_default end as column_default,
    is_nullable, data_type,
    character_maximum_length, numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision,
    interval_type, interval_precision, character_set_catalog, character_set_schema, character_set_name,
    collation_catalog, collation_schema, collation_name, domain_name,
    col_description(to_regclass(format('%I.%I', table_schema, table_name)), ordinal_position) as remarks
from information_schema.columns
where table_schema <> 'redshift_internal';

create or replace view pg_catalog.stv_tbl_perm as
select
    0 as slice,
    c.oid::integer as id,
    c.relname::char(72) as name,
    redshift_count(c.oid) as rows,
    redshift_count(c.oid) as sorted_rows,
    (c.relpersistence = 't')::integer as temp,
    (select d.oid::integer from pg_catalog.pg_database as d where d.datname = current_database()) as db_id,
    null::integer as insert_pristine,
    null::integer as delete_pristine,
    1 as backup
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'redshift_internal');

-- Empty tables are left out, as on Redshift. What has no meaning here is NULL.
create or replace view pg_catalog.svv_table_info as
select
    current_database()::text as database,
    n.nspname::text as schema,
    c.oid as table_id,
    c.relname::text as "table",
    case when d.noted -> 'encode' <> '{}'::jsonb then 'Y' else 'Y, AUTO(ENCODE)' end as encoded,
    case d.noted ->> 'diststyle'
        when 'KEY' then format('KEY(%s)', d.noted ->> 'distkey')
        when 'EVEN' then 'EVEN'
        when 'ALL' then 'ALL'
        else 'AUTO(ALL)'
    end as diststyle,
    case when d.noted ->> 'sortstyle' = 'AUTO' then 'AUTO(SORTKEY)' else d.noted -> 'sortkeys' ->> 0 end as sortkey1,
    (
        select max(a.atttypmod - 4) from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.atttypid = 'varchar'::regtype and not a.attisdropped
    ) as max_varchar,
    coalesce(d.noted -> 'encode' ->> (d.noted -> 'sortkeys' ->> 0), 'none')::char(32) as sortkey1_enc,
    coalesce(jsonb_array_length(d.noted -> 'sortkeys'), 0) as sortkey_num,
    greatest(pg_table_size(c.oid) / 1048576, 1) as size,
    null::numeric(10, 4) as pct_used,
    0::bigint as empty,
    null::numeric(5, 2) as unsorted,
    null::numeric(5, 2) as stats_off,
    t.counted::numeric(38, 0) as tbl_rows,
    null::numeric(19, 2) as skew_sortkey1,
    null::numeric(19, 2) as skew_rows,
    t.counted::numeric(38, 0) as estimated_visible_rows,
    null::text as risk_event,
    null::numeric(12, 2) as vacuum_sort_benefit,
    null::timestamp as create_time
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join lateral (select redshift_attributes(c.oid) as noted) as d on true
cross join lateral (select redshift_count(c.oid) as counted) as t
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'redshift_internal')
    and c.relpersistence = 'p' and t.counted > 0;

create or replace view pg_catalog.stv_db_isolation_level as
select current_database()::char(128) as db_name,
    (case current_setting('default_transaction_isolation')
        when 'serializable' then 'Serializable' else 'Snapshot Isolation' end)::char(20) as isolation_level;

grant select on pg_catalog.pg_table_def, pg_catalog.svv_tables, pg_catalog.svv_columns, pg_catalog.stv_tbl_perm,
    pg_catalog.svv_table_info, pg_catalog.stv_db_isolation_level to public;
