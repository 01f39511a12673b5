-- SVV_REDSHIFT_* and SVV_ALL_*: databases, schemas, tables and columns, as their pages in the Developer Guide list them.
-- There are no datashares and no external schemas, so SVV_ALL_* show the same relations as SVV_REDSHIFT_*.

create or replace view pg_catalog.svv_redshift_databases as
select
    d.datname::varchar(128) as database_name,
    d.datdba::integer as database_owner,
    'local'::varchar(32) as database_type,
    array_to_string(d.datacl, ',')::varchar(128) as database_acl,
    null::varchar(128) as database_options,
    (case current_setting('default_transaction_isolation')
        when 'serializable' then 'Serializable' else 'Snapshot Isolation' end)::varchar(128) as database_isolation_level
from pg_catalog.pg_database as d
where d.datname = current_database();

create or replace view pg_catalog.svv_redshift_schemas as
select
    current_database()::varchar(128) as database_name,
    n.nspname::varchar(128) as schema_name,
    n.nspowner::integer as schema_owner,
    'local'::varchar(128) as schema_type,
    array_to_string(n.nspacl, ',')::varchar(128) as schema_acl,
    null::varchar(128) as schema_option
from pg_catalog.pg_namespace as n
where n.nspname <> 'redshift_internal' and n.nspname !~ '^pg_(toast|temp_|toast_temp_)';

create or replace view pg_catalog.svv_all_schemas as
select
    database_name, schema_name, schema_owner, schema_type, schema_acl, null::varchar(128) as source_database,
    schema_option
from pg_catalog.svv_redshift_schemas;

create or replace view pg_catalog.svv_redshift_tables as
select
    s.database_name,
    s.schema_name,
    c.relname::varchar(128) as table_name,
    (case c.relkind when 'v' then 'VIEW' else 'TABLE' end)::varchar(128) as table_type,
    array_to_string(c.relacl, ',')::varchar(128) as table_acl,
    obj_description(c.oid, 'pg_class')::varchar(128) as remarks
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.svv_redshift_schemas as s on s.schema_name = n.nspname
where c.relkind in ('r', 'v')
    and (pg_has_role(c.relowner, 'usage')
        or has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references'));

create or replace view pg_catalog.svv_all_tables as
select database_name, schema_name, table_name, table_acl, table_type, remarks
from pg_catalog.svv_redshift_tables;

create or replace view pg_catalog.svv_redshift_columns as
select
    t.database_name,
    t.schema_name,
    t.table_name,
    a.attname::varchar(128) as column_name,
    a.attnum::integer as ordinal_position,
    format_type(a.atttypid, a.atttypmod)::varchar(32) as data_type,
    pg_get_expr(d.adbin, d.adrelid)::varchar(4000) as column_default,
    (case when a.attnotnull then 'NO' else 'YES' end)::varchar(3) as is_nullable,
    coalesce(n.noted -> 'encode' ->> a.attname::text, 'none')::varchar(128) as encoding,
    coalesce(n.noted ->> 'distkey' = a.attname, false) as distkey,
    coalesce(s.place, 0)::integer as sortkey,
    array_to_string(a.attacl, ',')::varchar(128) as column_acl,
    col_description(c.oid, a.attnum)::varchar(256) as remarks
from pg_catalog.svv_redshift_tables as t
join pg_catalog.pg_class as c on c.relname = t.table_name
join pg_catalog.pg_namespace as p on p.oid = c.relnamespace and p.nspname = t.schema_name
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
left join lateral (select redshift_attributes(c.oid) as noted) as n on true
left join lateral (
    select key.place
    from jsonb_array_elements_text(n.noted -> 'sortkeys') with ordinality as key (name, place)
    where key.name = a.attname
) as s on true;

create or replace view pg_catalog.svv_all_columns as
select
    c.database_name,
    c.schema_name,
    c.table_name,
    c.column_name,
    c.ordinal_position,
    c.column_default,
    c.is_nullable,
    i.data_type::varchar(128) as data_type,
    i.character_maximum_length::integer as character_maximum_length,
    i.numeric_precision::integer as numeric_precision,
    i.numeric_scale::integer as numeric_scale,
    c.remarks
from pg_catalog.svv_redshift_columns as c
left join information_schema.columns as i
    on i.table_schema = c.schema_name and i.table_name = c.table_name and i.column_name = c.column_name;

-- What has been granted to somebody; what an owner may do anyway is not listed.
create or replace view pg_catalog.svv_relation_privileges as
select
    n.nspname::text as namespace_name,
    c.relname::text as relation_name,
    a.privilege_type,
    a.grantee::integer as identity_id,
    coalesce(r.rolname, 'public')::text as identity_name,
    coalesce(redshift_kind(r.oid), 'public') as identity_type,
    coalesce(a.is_grantable and redshift_kind(r.oid) = 'user', false) as admin_option
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral aclexplode(c.relacl) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee
where c.relkind in ('r', 'v') and n.nspname not in ('pg_catalog', 'information_schema', 'redshift_internal')
    and a.grantee <> c.relowner
    and a.privilege_type in ('INSERT', 'SELECT', 'UPDATE', 'DELETE', 'REFERENCES');

grant select on pg_catalog.svv_redshift_databases, pg_catalog.svv_redshift_schemas, pg_catalog.svv_all_schemas,
    pg_catalog.svv_redshift_tables, pg_catalog.svv_all_tables, pg_catalog.svv_redshift_columns,
    pg_catalog.svv_all_columns, pg_catalog.svv_relation_privileges to public;
