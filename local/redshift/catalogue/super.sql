-- SUPER: a type of its own that holds JSON text as it was written. Drivers get its text under a number they do not know,
-- as they get Redshift's; and no operator or function of PostgreSQL's takes it by accident.
do $$ begin
    if to_regtype('pg_catalog.super') is null then
        create type pg_catalog.super;
    end if;
end $$;
create or replace function pg_catalog.super_in(cstring) returns pg_catalog.super
language internal immutable strict parallel safe as 'json_in';
create or replace function pg_catalog.super_out(pg_catalog.super) returns cstring
language internal immutable strict parallel safe as 'json_out';
create or replace function pg_catalog.super_recv(internal) returns pg_catalog.super
language internal immutable strict parallel safe as 'json_recv';
create or replace function pg_catalog.super_send(pg_catalog.super) returns bytea
language internal immutable strict parallel safe as 'json_send';
do $$ begin
    if not exists (
        select from pg_type where typname = 'super' and typnamespace = 'pg_catalog'::regnamespace and typisdefined
    ) then
        create type pg_catalog.super (
            input = super_in, output = super_out, receive = super_recv, send = super_send,
            internallength = variable, alignment = int4, storage = extended
        );
        create cast (pg_catalog.super as json) without function;
        create cast (json as pg_catalog.super) without function;
    end if;
end $$;

-- JSON text without the white space between its parts; order, repeated keys and digits stay as they are.
create or replace function pg_catalog.redshift_compact(text) returns text language sql immutable strict as
$$ select regexp_replace($1, '("(?:[^"\\]|\\.)*")|[ \t\n\r]+', '\1', 'g') $$;

-- JSON_PARSE's document has no other text than the compact one.
create or replace function pg_catalog.json_parse(text) returns super language sql immutable strict as
$$ select redshift_compact($1)::json::super $$;
create or replace function pg_catalog.can_json_parse(text) returns boolean language sql immutable strict as
$$ select pg_input_is_valid($1, 'json') $$;
create or replace function pg_catalog.redshift_json_serialize(super) returns text language sql immutable strict as
$$ select $1::json::text $$;

create or replace function pg_catalog.json_typeof(super) returns text language sql immutable strict as
$$ select json_typeof($1::json) $$;
create or replace function pg_catalog.is_array(super) returns boolean language sql immutable as
$$ select coalesce(json_typeof($1::json) = 'array', false) $$;
create or replace function pg_catalog.is_object(super) returns boolean language sql immutable as
$$ select coalesce(json_typeof($1::json) = 'object', false) $$;
create or replace function pg_catalog.is_boolean(super) returns boolean language sql immutable as
$$ select coalesce(json_typeof($1::json) = 'boolean', false) $$;
create or replace function pg_catalog.is_varchar(super) returns boolean language sql immutable as
$$ select coalesce(json_typeof($1::json) = 'string', false) $$;
create or replace function pg_catalog.is_scalar(super) returns boolean language sql immutable as
$$ select coalesce(json_typeof($1::json) not in ('array', 'object', 'null'), false) $$;
-- A whole number, for the three IS_… of that kind.
create or replace function pg_catalog.redshift_whole(super) returns numeric language sql immutable as
$$ select case when json_typeof($1::json) = 'number' and $1::json::text ~ '^-?[0-9]+$' then $1::json::text::numeric end $$;
create or replace function pg_catalog.is_smallint(super) returns boolean language sql immutable as
$$ select coalesce(redshift_whole($1) between -32768 and 32767, false) $$;
create or replace function pg_catalog.is_integer(super) returns boolean language sql immutable as
$$ select coalesce(redshift_whole($1) between -2147483648 and 2147483647, false) $$;
create or replace function pg_catalog.is_bigint(super) returns boolean language sql immutable as
$$ select coalesce(redshift_whole($1) between -9223372036854775808 and 9223372036854775807, false) $$;
create or replace function pg_catalog.get_array_length(super) returns integer language sql immutable strict as
$$ select case when json_typeof($1::json) = 'array' then json_array_length($1::json) end $$;

-- A scalar put into a SUPER column is a JSON scalar; a SUPER scalar cast to a text is that text without its quotes.
create or replace function pg_catalog.redshift_super(text) returns super language sql immutable strict as
$$ select to_json($1)::super $$;
create or replace function pg_catalog.redshift_super(varchar) returns super language sql immutable strict as
$$ select to_json($1::text)::super $$;
create or replace function pg_catalog.redshift_super(bigint) returns super language sql immutable strict as
$$ select to_json($1)::super $$;
create or replace function pg_catalog.redshift_super(integer) returns super language sql immutable strict as
$$ select to_json($1)::super $$;
create or replace function pg_catalog.redshift_super(smallint) returns super language sql immutable strict as
$$ select to_json($1)::super $$;
create or replace function pg_catalog.redshift_super(numeric) returns super language sql immutable strict as
$$ select to_json($1)::super $$;
create or replace function pg_catalog.redshift_super(boolean) returns super language sql immutable strict as
$$ select to_json($1)::super $$;
create or replace function pg_catalog.redshift_super_text(super) returns text language plpgsql immutable strict as $$
begin
    if json_typeof($1::json) in ('array', 'object') then
        raise exception 'stand-in: a SUPER array or object cannot be cast to a text; use JSON_SERIALIZE'
            using errcode = '0A000';
    end if;
    return $1::json #>> '{}';
end $$;
do $$
declare
    source text;
begin
    foreach source in array array['text', 'varchar', 'bigint', 'integer', 'smallint', 'numeric', 'boolean'] loop
        if not exists (
            select from pg_cast where castsource = source::regtype and casttarget = 'pg_catalog.super'::regtype
        ) then
            execute format('create cast (%s as super) with function redshift_super(%s) as assignment', source, source);
        end if;
    end loop;
    foreach source in array array['text', 'varchar', 'bpchar'] loop
        if not exists (
            select from pg_cast where castsource = 'pg_catalog.super'::regtype and casttarget = source::regtype
        ) then
            execute format('create cast (super as %s) with function redshift_super_text(super)', source);
        end if;
    end loop;
end $$;

-- JSON kept in VARCHAR: what is not found is NULL, what is not JSON is an error or, where that is asked for, NULL.
create or replace function pg_catalog.is_valid_json(text) returns boolean language sql immutable strict as
$$ select pg_input_is_valid($1, 'json') and left(ltrim($1, E' \t\n\r'), 1) = '{' $$;
create or replace function pg_catalog.is_valid_json_array(text) returns boolean language sql immutable strict as
$$ select pg_input_is_valid($1, 'json') and left(ltrim($1, E' \t\n\r'), 1) = '[' $$;
create or replace function pg_catalog.redshift_json(text, boolean) returns json language plpgsql immutable strict as $$
begin
    if pg_input_is_valid($1, 'json') then
        return $1::json;
    end if;
    if $2 then
        return null;
    end if;
    raise exception 'JSON parsing error' using errcode = 'XX000', hint = 'stand-in: this is not JSON: ' || left($1, 200);
end $$;
create or replace function pg_catalog.json_extract_array_element_text(text, integer, boolean default false) returns text
language sql immutable strict as $$
    select case when $2 >= 0 and json_typeof(redshift_json($1, $3)) = 'array' then redshift_json($1, $3) ->> $2 end
$$;
create or replace function pg_catalog.json_array_length(text, boolean default false) returns integer
language sql immutable strict as $$ select json_array_length(redshift_json($1, $2)) $$;
