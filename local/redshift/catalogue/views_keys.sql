-- Declared keys in the catalogue's own form, for those who ask the catalogue; the stand-in's bookkeeping left out.

-- A table has one primary key at most, so the number of the constraint that remembers it can be its index's, too.
create or replace view pg_catalog.redshift_primary_keys as
select
    c.oid as key_id, c.conrelid as table_id, t.relnamespace as schema_id,
    coalesce(k.key ->> 'name', t.relname || '_pkey')::name as key_name, k.key -> 'columns' as columns
from pg_catalog.pg_constraint as c
join pg_catalog.pg_class as t on t.oid = c.conrelid
cross join lateral jsonb_array_elements(
    replace(substring(pg_get_expr(c.conbin, c.conrelid) from '''(.*)'' IS NOT NULL'), '''''', '''')::jsonb
) as k (key)
where c.conname = 'redshift_keys' and k.key ->> 'type' = 'PRIMARY KEY';

create or replace view pg_catalog.redshift_key_class as
select key_id as oid, key_name as relname, schema_id as relnamespace from pg_catalog.redshift_primary_keys;

create or replace view pg_catalog.redshift_key_attribute as
select k.key_id as attrelid, c.name::name as attname, c.place::smallint as attnum
from pg_catalog.redshift_primary_keys as k
cross join lateral jsonb_array_elements_text(k.columns) with ordinality as c (name, place);

create or replace view pg_catalog.redshift_key_index as
select key_id as indexrelid, table_id as indrelid, true as indisprimary, true as indisunique
from pg_catalog.redshift_primary_keys;

-- Redshift has no indexes; those here serve sort keys.
create or replace view pg_catalog.redshift_indexes as
select * from pg_catalog.pg_index
where indrelid < 16384;

-- Nor sequences; those here serve identities.
create or replace view pg_catalog.redshift_relations as
select * from pg_catalog.pg_class
where (relkind not in ('i', 'S') or oid < 16384) and relnamespace <> 'redshift_internal'::regnamespace;

create or replace view pg_catalog.redshift_schemas as
select * from pg_catalog.pg_namespace where nspname <> 'redshift_internal';

-- Redshift has no CHECK; those here count bytes, or hold what a table was declared with.
create or replace view pg_catalog.redshift_constraints as
select * from pg_catalog.pg_constraint
where contype <> 'c' or conrelid < 16384;

create or replace view pg_catalog.pg_proc_info as
select
    p.oid as prooid, p.proname, p.pronamespace, p.proowner, p.prolang, p.prokind, p.prosecdef, p.provolatile,
    p.pronargs, p.prorettype, p.proargtypes, p.proargnames, p.proargmodes, p.proallargtypes, p.prosrc
from pg_catalog.pg_proc as p;

grant select on pg_catalog.redshift_primary_keys, pg_catalog.redshift_key_class, pg_catalog.redshift_key_attribute,
    pg_catalog.redshift_key_index, pg_catalog.redshift_indexes, pg_catalog.redshift_constraints,
    pg_catalog.redshift_relations, pg_catalog.redshift_schemas, pg_catalog.pg_proc_info to public;
