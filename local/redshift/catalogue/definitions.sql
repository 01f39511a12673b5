-- What the front's definitions and MERGE call: the rules that need the catalogue. A table's distribution, sort keys and
-- encodings are a note, and so are its keys: constraints that hold a text and check nothing.

create or replace function pg_catalog.redshift_note(oid, text) returns jsonb language sql stable as $$
    select replace(substring(pg_get_expr(conbin, conrelid) from '''(.*)'' IS NOT NULL'), '''''', '''')::jsonb
    from pg_constraint where conrelid = $1 and conname = $2
$$;
create or replace function pg_catalog.redshift_keep_note(regclass, text, jsonb) returns void language plpgsql as $$
begin
    if exists (select from pg_constraint where conrelid = $1 and conname = $2) then
        execute format('alter table %s drop constraint %I', $1, $2);
    end if;
    if $3 <> '[]' then
        execute format('alter table %s add constraint %I check (%L is not null) not enforced', $1, $2, $3);
    end if;
end $$;
create or replace function pg_catalog.redshift_noted(regclass) returns jsonb language sql stable as $$
    select coalesce(
        redshift_note($1, 'redshift_attributes'),
        '{"diststyle": "AUTO", "distkey": null, "sortstyle": null, "sortkeys": [], "encode": {}}'
    )
$$;
create or replace function pg_catalog.redshift_noted_keys(regclass) returns jsonb language sql stable as
$$ select coalesce(redshift_note($1, 'redshift_keys'), '[]') $$;

create or replace function pg_catalog.redshift_expect_table(regclass) returns void language plpgsql as $$
begin
    if (select relkind <> 'r' from pg_class where oid = $1) then
        raise exception '"%" is not a table', $1 using errcode = '42809';
    end if;
end $$;
create or replace function pg_catalog.redshift_expect_columns(regclass, jsonb) returns void language plpgsql as $$
declare
    missing text;
begin
    select name into missing from jsonb_array_elements_text($2) as wanted (name)
    where not exists (
        select from pg_attribute where attrelid = $1 and attname = name and attnum > 0 and not attisdropped
    );
    if missing is not null then
        raise exception 'column "%" named in key does not exist', missing using errcode = '42703';
    end if;
end $$;

-- A sort key becomes an index when its values are short enough: PostgreSQL refuses an index row above a third of a page.
create or replace function pg_catalog.redshift_sort(regclass, replaces boolean) returns void language plpgsql as $$
declare
    noted jsonb := redshift_noted($1);
    columns text;
    bytes bigint;
    present regclass;
begin
    for present in select indexrelid from pg_index where indrelid = $1 loop
        if not replaces then
            return;
        end if;
        execute format('drop index %s', present);
    end loop;
    select string_agg(format('%I', key.name), ', ' order by key.place),
        sum(case when a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) then a.atttypmod - 4 else 16 end)
    into columns, bytes
    from jsonb_array_elements_text(noted -> 'sortkeys') with ordinality as key (name, place)
    join pg_attribute as a on a.attrelid = $1 and a.attname = key.name;
    if bytes <= 2600 then
        execute format('create index on %s (%s)', $1, columns);
    end if;
end $$;

-- CREATE TABLE AS: texts get a length, which is counted in bytes; the table's note is kept and its sort key indexed.
create or replace function pg_catalog.redshift_settle(regclass, jsonb) returns void language plpgsql as $$
declare
    named record;
begin
    for named in
        select attname, atttypid, atttypmod from pg_attribute
        where attrelid = $1 and attnum > 0 and not attisdropped
            and atttypid in ('varchar'::regtype, 'bpchar'::regtype, 'text'::regtype, 'name'::regtype)
        order by attnum
    loop
        if named.atttypmod < 0 then
            named.atttypmod := 65535 + 4;
            execute format('alter table %s alter column %I type varchar(65535)', $1, named.attname);
        end if;
        execute format(
            'alter table %s add check (octet_length(%I::text) <= %s)', $1, named.attname, named.atttypmod - 4
        );
    end loop;
    perform redshift_expect_columns($1, $2 -> 'sortkeys');
    perform redshift_expect_columns($1, jsonb_build_array($2 -> 'distkey')) where $2 -> 'distkey' <> 'null';
    perform redshift_keep_note($1, 'redshift_attributes', $2);
    perform redshift_sort($1, true);
end $$;

create or replace function pg_catalog.redshift_distribute(regclass, style text, distkey text) returns void
language plpgsql as $$
declare
    noted jsonb := redshift_noted($1);
begin
    if noted ->> 'sortstyle' = 'INTERLEAVED' then
        raise exception 'stand-in: the distribution of a table with an interleaved sort key cannot be altered'
            using errcode = '0A000';
    end if;
    if style in ('ALL', 'EVEN') and (select relpersistence = 't' from pg_class where oid = $1) then
        raise exception 'stand-in: the distribution of a temporary table cannot be altered to %', style
            using errcode = '0A000';
    end if;
    perform redshift_expect_columns($1, jsonb_build_array(distkey)) where distkey is not null;
    perform redshift_keep_note(
        $1, 'redshift_attributes', noted || jsonb_build_object('diststyle', style, 'distkey', distkey)
    );
end $$;

create or replace function pg_catalog.redshift_resort(regclass, style text, sortkeys jsonb) returns void
language plpgsql as $$
declare
    noted jsonb := redshift_noted($1);
begin
    if style = 'AUTO' then
        sortkeys := noted -> 'sortkeys';  -- kept, says the manual
    end if;
    perform redshift_expect_columns($1, sortkeys);
    perform redshift_keep_note(
        $1, 'redshift_attributes', noted || jsonb_build_object('sortstyle', style, 'sortkeys', sortkeys)
    );
    perform redshift_sort($1, true);
end $$;

create or replace function pg_catalog.redshift_encode(regclass, name text, encoding text) returns void
language plpgsql as $$
declare
    noted jsonb := redshift_noted($1);
begin
    perform redshift_expect_columns($1, jsonb_build_array(name));
    if noted ->> 'sortstyle' = 'INTERLEAVED' then
        raise exception 'stand-in: encodings of a table with an interleaved sort key cannot be altered'
            using errcode = '0A000';
    end if;
    if noted -> 'encode' ->> name = encoding then
        raise exception 'stand-in: column "%" has the encoding % already', name, encoding using errcode = '0A000';
    end if;
    perform redshift_keep_note(
        $1, 'redshift_attributes', jsonb_set(noted, array['encode', name], to_jsonb(encoding))
    );
end $$;

create or replace function pg_catalog.redshift_rename_column(regclass, old text, new text) returns void
language plpgsql as $$
declare
    noted jsonb := redshift_noted($1);
    keys jsonb := redshift_noted_keys($1);
begin
    execute format('alter table %s rename column %I to %I', $1, old, new);
    if (select relkind <> 'r' from pg_class where oid = $1) then
        return;
    end if;
    if noted ->> 'distkey' = old then
        noted := jsonb_set(noted, '{distkey}', to_jsonb(new));
    end if;
    noted := jsonb_set(noted, '{sortkeys}', coalesce(
        (
            select jsonb_agg(case when name = old then new else name end order by place)
            from jsonb_array_elements_text(noted -> 'sortkeys') with ordinality as key (name, place)
        ),
        '[]'
    ));
    if noted -> 'encode' ? old then
        noted := jsonb_set(
            noted #- array['encode', old], array['encode', new], noted -> 'encode' -> old
        );
    end if;
    perform redshift_keep_note($1, 'redshift_attributes', noted);
    select coalesce(jsonb_agg(jsonb_set(key, '{columns}', (
        select jsonb_agg(case when name = old then new else name end order by place)
        from jsonb_array_elements_text(key -> 'columns') with ordinality as part (name, place)
    ))), '[]') into keys from jsonb_array_elements(keys) as key;
    perform redshift_keep_note($1, 'redshift_keys', keys);
end $$;

create or replace function pg_catalog.redshift_drop_column(regclass, name text, cascades boolean) returns void
language plpgsql as $$
declare
    noted jsonb := redshift_noted($1);
    keys jsonb := redshift_noted_keys($1);
    kept jsonb;
begin
    if noted ->> 'distkey' = name or noted -> 'sortkeys' ? name then
        raise exception 'stand-in: column "%" is in the distribution or sort key and cannot be dropped', name
            using errcode = '0A000';
    end if;
    if (
        select count(*) from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped and attname <> name
    ) = 0 then
        raise exception 'stand-in: a table''s last column cannot be dropped' using errcode = '0A000';
    end if;
    select coalesce(jsonb_agg(key), '[]') into kept from jsonb_array_elements(keys) as key
    where not key -> 'columns' ? name;
    if kept <> keys and not cascades then
        raise exception 'cannot drop table % column % because other objects depend on it', $1, name
            using errcode = '2BP01', hint = 'Use DROP ... CASCADE to drop the dependent objects too.';
    end if;
    execute format('alter table %s drop column %I %s', $1, name, case when cascades then 'cascade' end);
    perform redshift_keep_note($1, 'redshift_keys', kept);
    perform redshift_keep_note($1, 'redshift_attributes', noted #- array['encode', name]);
end $$;

-- ALTER COLUMN TYPE changes a VARCHAR's size, and nothing else.
create or replace function pg_catalog.redshift_resize(regclass, name text, bytes integer) returns void
language plpgsql as $$
declare
    named record;
    longest integer;
    counted text;
begin
    select attnum, atttypid, atthasdef into named from pg_attribute
    where attrelid = $1 and attname = name and attnum > 0 and not attisdropped;
    if not found then
        raise exception 'column "%" of relation "%" does not exist', name, $1 using errcode = '42703';
    end if;
    if named.atttypid <> 'varchar'::regtype then
        raise exception 'stand-in: only a VARCHAR column''s size can be altered' using errcode = '0A000';
    end if;
    if named.atthasdef then
        raise exception 'stand-in: a column with a default cannot be altered' using errcode = '0A000';
    end if;
    if redshift_noted($1) -> 'encode' ->> name in ('bytedict', 'runlength', 'text255', 'text32k') then
        raise exception 'stand-in: a column of this encoding cannot be altered' using errcode = '0A000';
    end if;
    if exists (select from jsonb_array_elements(redshift_noted_keys($1)) as key where key -> 'columns' ? name) then
        raise exception 'stand-in: a column with a key cannot be altered' using errcode = '0A000';
    end if;
    execute format('select max(octet_length(%I)) from only %s', name, $1) into longest;
    if longest > bytes then
        raise exception 'stand-in: the column holds values of % bytes', longest using errcode = '0A000';
    end if;
    for counted in
        select conname from pg_constraint where conrelid = $1 and contype = 'c' and conkey = array[named.attnum]
    loop
        execute format('alter table %s drop constraint %I', $1, counted);
    end loop;
    execute format('alter table %s alter column %I type varchar(%s)', $1, name, bytes);
    execute format('alter table %s add check (octet_length(%I::text) <= %s)', $1, name, bytes);
    perform redshift_sort($1, true);
end $$;

create or replace function pg_catalog.redshift_add_key(regclass, key jsonb) returns void language plpgsql as $$
declare
    keys jsonb := redshift_noted_keys($1);
    nullable text;
begin
    perform redshift_expect_columns($1, key -> 'columns');
    if exists (select from jsonb_array_elements(keys) as known where known ->> 'name' = key ->> 'name') then
        raise exception 'constraint "%" for relation "%" already exists', key ->> 'name', $1 using errcode = '42710';
    end if;
    if key ->> 'type' = 'PRIMARY KEY' then
        if exists (select from jsonb_array_elements(keys) as known where known ->> 'type' = 'PRIMARY KEY') then
            raise exception 'multiple primary keys for table "%" are not allowed', $1 using errcode = '42P16';
        end if;
        select attname into nullable from pg_attribute
        where attrelid = $1 and not attnotnull and key -> 'columns' ? attname::text and attnum > 0;
        if nullable is not null then
            raise exception 'stand-in: column "%" may be NULL, so it cannot be in a primary key', nullable
                using errcode = '0A000';
        end if;
    end if;
    if key ? 'references' then
        perform (key ->> 'references')::regclass;
    end if;
    perform redshift_keep_note($1, 'redshift_keys', keys || jsonb_build_array(key));
end $$;

create or replace function pg_catalog.redshift_drop_key(regclass, name text) returns void language plpgsql as $$
declare
    keys jsonb := redshift_noted_keys($1);
    kept jsonb;
begin
    select coalesce(jsonb_agg(key), '[]') into kept from jsonb_array_elements(keys) as key where key ->> 'name' <> name;
    if kept = keys then
        raise exception 'constraint "%" of relation "%" does not exist', name, $1 using errcode = '42704';
    end if;
    perform redshift_keep_note($1, 'redshift_keys', kept);
end $$;

-- ALTER TABLE APPEND moves the rows of columns that are the same in both tables (r_ALTER_TABLE_APPEND).
create or replace function pg_catalog.redshift_append(target regclass, source regclass, surplus text) returns void
language plpgsql as $$
declare
    columns text;
    extra boolean;
    lacking boolean;
    unlike text;
    ours jsonb := redshift_noted(target);
    theirs jsonb := redshift_noted(source);
begin
    if target = source or (
        select bool_or(relkind <> 'r' or relpersistence <> 'p') from pg_class where oid in (target, source)
    ) then
        raise exception 'stand-in: ALTER TABLE APPEND takes two permanent tables' using errcode = '0A000';
    end if;
    execute format('lock table %s, %s in access exclusive mode', target, source);
    if ours -> 'diststyle' <> theirs -> 'diststyle' or ours -> 'distkey' <> theirs -> 'distkey'
        or ours -> 'sortstyle' <> theirs -> 'sortstyle' or ours -> 'sortkeys' <> theirs -> 'sortkeys' then
        raise exception 'stand-in: ALTER TABLE APPEND takes tables of one distribution and sort key'
            using errcode = '0A000';
    end if;
    with
    a as (
        select * from pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped and attidentity <> 'a'
    ),
    b as (
        select * from pg_attribute
        where attrelid = source and attnum > 0 and not attisdropped and attidentity <> 'a'
    )
    select
        bool_or(a.attname is null),
        bool_or(b.attname is null),
        min(a.attname::text) filter (where
            (a.atttypid, a.atttypmod, a.attnotnull) <> (b.atttypid, b.atttypmod, b.attnotnull)
            or ours -> 'encode' -> a.attname::text is distinct from theirs -> 'encode' -> b.attname::text
        )
    into extra, lacking, unlike
    from a full join b on a.attname = b.attname;
    if unlike is not null then
        raise exception 'stand-in: column "%" is not the same in both tables', unlike using errcode = '0A000';
    end if;
    select extra or exists (select from pg_attribute where attrelid = source and attidentity = 'a'),
        lacking or exists (select from pg_attribute where attrelid = target and attidentity = 'a')
    into extra, lacking;
    if (extra and surplus <> 'IGNOREEXTRA') or (lacking and surplus <> 'FILLTARGET') then
        raise exception 'stand-in: the tables'' columns differ'
            using errcode = '0A000',
            hint = 'IGNOREEXTRA leaves the source''s out, FILLTARGET fills the target''s; not both.';
    end if;
    select string_agg(format('%I', t.attname), ', ' order by t.attnum) into columns
    from pg_attribute as t join pg_attribute as s on s.attrelid = source and s.attname = t.attname
    where t.attrelid = target and t.attnum > 0 and not t.attisdropped and not s.attisdropped
        and t.attidentity <> 'a' and s.attidentity <> 'a';
    execute format(
        'insert into %s (%s) overriding user value select %s from only %s', target, columns, columns, source
    );
    execute format('delete from only %s', source);
end $$;

-- Nothing is written through a view; PostgreSQL would write through a simple one.
create or replace function pg_catalog.redshift_view_is_read_only() returns trigger language plpgsql as $$
begin
    raise exception 'cannot % a view', case tg_op
        when 'INSERT' then 'insert into' when 'UPDATE' then 'update' else 'delete from' end
        using errcode = '0A000';
end $$;
create or replace function pg_catalog.redshift_guard_view(regclass) returns void language plpgsql as $$
begin
    -- A statement's trigger fires only for views that have a row's.
    execute format(
        'create or replace trigger redshift_read_only_row instead of insert or update or delete on %s '
        'for each row execute function redshift_view_is_read_only()', $1
    );
    execute format(
        'create or replace trigger redshift_read_only before insert or update or delete on %s '
        'for each statement execute function redshift_view_is_read_only()', $1
    );
end $$;

-- Whether MERGE may read this relation: not its target, not a view over it (r_MERGE).
create or replace function pg_catalog.redshift_may_merge(source regclass, target regclass, form text) returns boolean
language plpgsql stable as $$
begin
    if (select relkind <> 'r' from pg_class where oid = target) then
        raise exception 'stand-in: MERGE''s target is a table' using errcode = '0A000';
    end if;
    if source = target and form <> 'subquery' then
        raise exception 'stand-in: MERGE''s source and target cannot be the same table' using errcode = '0A000';
    end if;
    if source = target or exists (
        with recursive read (relation) as (
            select source::oid
            union
            select d.refobjid from read
            join pg_rewrite as r on r.ev_class = read.relation
            join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                and d.refclassid = 'pg_class'::regclass
        )
        select from read where relation = target
    ) then
        raise exception 'Source view/subquery in Merge statement cannot reference target table.'
            using errcode = 'XX000';
    end if;
    if form = 'like' and (
        select count(*) filter (where attrelid = source) <> count(*) filter (where attrelid = target)
        from pg_attribute where attrelid in (source, target) and attnum > 0 and not attisdropped
    ) then
        raise exception 'stand-in: MERGE … REMOVE DUPLICATES takes tables of the same columns' using errcode = '0A000';
    end if;
    return true;
end $$;
