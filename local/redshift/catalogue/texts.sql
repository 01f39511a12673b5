-- Text functions that PostgreSQL lacks or that answer otherwise (String functions in the Database Developer Guide).

-- LISTAGG's result is a VARCHAR, whose limit it keeps to (r_LISTAGG).
create or replace function pg_catalog.redshift_listagg(text) returns text language plpgsql immutable strict as $$
begin
    if octet_length($1) > 65535 then
        raise exception 'Result size exceeds LISTAGG limit' using errcode = 'XX000';
    end if;
    return $1;
end $$;

-- '' where nothing matches, NULL for an impossible occurrence (REGEXP_SUBSTR).
create or replace function pg_catalog.redshift_regexp_substr(text, text, integer, integer, text, integer) returns text
language sql immutable strict as $$
    select case
        when $3 > length($1) then ''
        when $4 < 1 or $4 > length($1) then null
        else coalesce(regexp_substr($1, $2, $3, $4, $5, $6), '')
    end
$$;
create or replace function pg_catalog.redshift_regexp_instr(
    text, text, integer, integer, integer, text, integer
) returns integer language sql immutable strict as $$
    select case
        when $3 > length($1) or $4 < 1 or $4 > length($1) then 0
        else regexp_instr($1, $2, $3, $4, ($5 <> 0)::integer, $6, $7)
    end
$$;
create or replace function pg_catalog.redshift_regexp_replace(text, text, text, integer, text) returns text
language sql immutable strict as $$
    select case when $4 > length($1) then $1 else regexp_replace($1, $2, $3, $4, 0, $5) end
$$;

create or replace function pg_catalog.sha2(text, integer) returns text language sql immutable strict as $$
    select case $2
        when 224 then encode(sha224(convert_to($1, 'UTF8')), 'hex')
        when 0 then encode(sha256(convert_to($1, 'UTF8')), 'hex')
        when 256 then encode(sha256(convert_to($1, 'UTF8')), 'hex')
        when 384 then encode(sha384(convert_to($1, 'UTF8')), 'hex')
        when 512 then encode(sha512(convert_to($1, 'UTF8')), 'hex')
        else ''
    end
$$;
-- SHA-1 (FIPS 180-4), which PostgreSQL has in an extension only. Words are kept in BIGINTs below 2 to the 32nd.
create or replace function pg_catalog.redshift_rotate(bigint, integer) returns bigint language sql immutable as
$$ select (($1 << $2) | ($1 >> (32 - $2))) & 4294967295 $$;
create or replace function pg_catalog.func_sha1(text) returns text language plpgsql immutable strict as $$
declare
    message bytea := convert_to($1, 'UTF8');
    bits constant bigint := length(message)::bigint * 8;
    h bigint[] := array[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    w bigint[];
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; next bigint;
begin
    message := message || '\x80'::bytea;
    message := message || decode(repeat('00', (120 - length(message) % 64) % 64), 'hex') || int8send(bits);
    for block in 0..length(message) / 64 - 1 loop
        for word in 0..79 loop
            if word < 16 then
                w[word] := ('x' || encode(substr(message, block * 64 + word * 4 + 1, 4), 'hex'))::bit(32)::bigint
                    & 4294967295;
            else
                w[word] := redshift_rotate(w[word - 3] # w[word - 8] # w[word - 14] # w[word - 16], 1);
            end if;
        end loop;
        a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
        for word in 0..79 loop
            case word / 20
                when 0 then f := (b & c) | (~b & 4294967295 & d); k := 1518500249;
                when 1 then f := b # c # d; k := 1859775393;
                when 2 then f := (b & c) | (b & d) | (c & d); k := 2400959708;
                else f := b # c # d; k := 3395469782;
            end case;
            next := (redshift_rotate(a, 5) + f + e + k + w[word]) & 4294967295;
            e := d; d := c; c := redshift_rotate(b, 30); b := a; a := next;
        end loop;
        h := array[(h[1] + a) & 4294967295, (h[2] + b) & 4294967295, (h[3] + c) & 4294967295,
            (h[4] + d) & 4294967295, (h[5] + e) & 4294967295];
    end loop;
    return (select string_agg(lpad(to_hex(word), 8, '0'), '' order by place)
            from unnest(h) with ordinality as words (word, place));
end $$;
