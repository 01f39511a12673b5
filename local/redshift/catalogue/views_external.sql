-- External schemas, tables and columns: there are none, for CREATE EXTERNAL SCHEMA is refused.
create or replace view pg_catalog.svv_external_schemas as
select
    null::oid as esoid, null::smallint as eskind, null::name as schemaname, null::integer as esowner,
    null::text as databasename, null::text as esoptions
where false;

create or replace view pg_catalog.svv_external_tables as
select
    null::text as redshift_database_name, null::text as schemaname, null::text as tablename,
    null::text as tabletype, null::text as location, null::text as input_format, null::text as output_format,
    null::text as serialization_lib, null::text as serde_parameters, null::integer as compressed,
    null::text as parameters
where false;

create or replace view pg_catalog.svv_external_columns as
select
    null::text as redshift_database_name, null::text as schemaname, null::text as tablename,
    null::text as columnname, null::text as external_type, null::integer as columnnum, null::integer as part_key,
    null::text as is_nullable
where false;

grant select on pg_catalog.svv_external_schemas, pg_catalog.svv_external_tables,
    pg_catalog.svv_external_columns to public;
