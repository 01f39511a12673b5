-- Users, groups and roles, all roles of PostgreSQL's: a user may log in, a group and a role are told apart by a comment.

do $$ begin
    -- On Redshift everybody may use and create in the schema public, until somebody revokes it (r_GRANT).
    if to_regclass('redshift_internal.logins') is null then
        grant create on schema public to public;
    end if;
end $$;

-- What a user made by SQL logs in with. The front alone reads these, over its own connection; a digest is written there,
-- too, under a token, so that no statement of a session carries it to PostgreSQL's log.
create table if not exists redshift_internal.login_digests (
    token text primary key,
    digest text not null
);
create table if not exists redshift_internal.logins (
    role oid primary key,
    token text,
    backend_password text
);
revoke all on redshift_internal.login_digests, redshift_internal.logins from public;

create or replace function redshift_internal.keep_login(user_name text, given text) returns void
language plpgsql security definer set search_path = pg_catalog as $$
declare
    kept oid := (select oid from pg_roles where rolname = user_name and rolcanlogin);
begin
    if session_user <> user_name and not pg_has_role(session_user, kept, 'usage with admin option') then
        raise exception 'permission denied to alter user "%"', user_name using errcode = '42501';
    end if;
    insert into redshift_internal.logins (role, token) values (kept, given)
    on conflict (role) do update set token = excluded.token;
end $$;
create or replace function redshift_internal.forget_logins() returns void
language sql security definer set search_path = pg_catalog as
$$ delete from redshift_internal.logins where not exists (select from pg_roles where oid = role) $$;

create or replace function pg_catalog.redshift_kind(oid) returns text language sql stable as $$
    select case
        when rolcanlogin then 'user'
        when shobj_description(oid, 'pg_authid') = 'redshift role' then 'role'
        when shobj_description(oid, 'pg_authid') = 'redshift group' then 'group'
    end
    from pg_roles where oid = $1
$$;
create or replace function pg_catalog.redshift_expect_role(kind text, name text) returns void language plpgsql as $$
begin
    if not exists (select from pg_roles where rolname = name and redshift_kind(oid) = kind) then
        raise exception '% "%" does not exist', kind, name using errcode = '42704';
    end if;
end $$;

create or replace function pg_catalog.redshift_create_role(kind text, name text) returns void language plpgsql as $$
begin
    -- Who makes a group is not in it; who makes a user is a superuser to Redshift, and may do all that the user may.
    perform set_config('createrole_self_grant', case kind when 'user' then 'set, inherit' else '' end, true);
    if kind = 'user' then
        execute format('create role %I login', name);
    else
        execute format('create role %I nologin', name);
        execute format('comment on role %I is %L', name, 'redshift ' || kind);
    end if;
end $$;

create or replace function pg_catalog.redshift_drop_role(kind text, name text, guarded boolean, forces boolean)
returns void language plpgsql as $$
declare
    dropped oid := (select oid from pg_roles where rolname = name and redshift_kind(oid) = kind);
begin
    if dropped is null and guarded then
        raise notice '% "%" does not exist, skipping', kind, name;
        return;
    end if;
    perform redshift_expect_role(kind, name);
    if exists (select from pg_shdepend where refobjid = dropped and deptype = 'o') then
        raise exception '% "%" can''t be dropped because the % owns some object', kind, name, kind
            using errcode = '55006';
    end if;
    if exists (select from pg_shdepend where refobjid = dropped and deptype = 'a') then
        raise exception '% "%" can''t be dropped because the % has a privilege on some object', kind, name, kind
            using errcode = '55006';
    end if;
    if kind = 'role' and not forces then
        if exists (select from pg_auth_members where roleid = dropped and inherit_option) then
            raise exception 'cannot drop this role since it has been granted on a user' using errcode = '2BP01';
        end if;
        if exists (select from pg_auth_members where member = dropped) then
            raise exception 'cannot drop this role since it depends on another role' using errcode = '2BP01';
        end if;
    end if;
    execute format('drop role %I', name);
    perform redshift_internal.forget_logins();
end $$;

-- PostgreSQL's lists every role that cannot log in, and those who may administer a group as its members.
create or replace view pg_catalog.pg_group as
select
    r.rolname as groname,
    r.oid as grosysid,
    array(select m.member from pg_auth_members as m where m.roleid = r.oid and m.inherit_option) as grolist
from pg_roles as r
where redshift_kind(r.oid) = 'group';
