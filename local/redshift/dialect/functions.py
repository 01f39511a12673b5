"""Every function that statements may call, and what becomes of it.

A function that is not here is refused: PostgreSQL may have one of that name that does something else.
To support another function, add it to SAME if PostgreSQL's does the same, to RENAMED if it does so under another name
(its definition may be one of ours, in catalogue/functions.sql), or give it a rule.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from local.redshift.dialect import (
    rules_aggregates,
    rules_choice,
    rules_json,
    rules_patterns,
    rules_settings,
    rules_text,
    rules_time,
)
from local.redshift.dialect.names import words

Rule = Callable[[list[exp.Expr]], exp.Expr]

SAME = words(
    """
    count sum min max any_value bool_and bool_or bit_and bit_or grouping
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    abs ceil ceiling floor sign sqrt cbrt power pow exp ln mod round random pi degrees radians
    sin cos tan cot asin acos atan atan2 to_number to_hex
    coalesce nullif greatest least
    lower upper ltrim rtrim btrim lpad rpad length char_length character_length octet_length replace substr left right
    strpos repeat reverse initcap split_part translate chr ascii md5 quote_ident quote_literal
    to_char date months_between date_part_year
    date_cmp timestamp_cmp timestamptz_cmp date_cmp_timestamp timestamp_cmp_date interval_cmp
    getdate timezone strtol trunc len textlen sha2 func_sha1
    json_typeof is_array is_object is_boolean is_varchar is_scalar is_smallint is_integer is_bigint
    get_array_length can_json_parse is_valid_json is_valid_json_array json_array_length json_extract_array_element_text
    current_database current_schema current_schemas pg_backend_pid pg_last_copy_count pg_last_copy_id
    pg_last_unload_count pg_last_query_id pg_last_unload_id
    has_table_privilege has_schema_privilege has_database_privilege has_column_privilege
    pg_get_viewdef pg_get_userbyid pg_table_is_visible format_type obj_description col_description current_setting
    pg_cancel_backend pg_terminate_backend user
    """
)
RENAMED = {
    "nvl": "coalesce",
    "isnull": "coalesce",
    "ifnull": "coalesce",
    "dlog10": "log",
    "log": "log",
    "dexp": "exp",
    "dlog1": "ln",
    "sysdate": "redshift_sysdate",
    "avg": "redshift_avg",
    "version": "redshift_version",
    "sha": "func_sha1",
    "sha1": "func_sha1",
    "replicate": "repeat",
    # PostgreSQL reads JSON_SERIALIZE as syntax of its own.
    "json_serialize": "redshift_json_serialize",
}
_DEVIATIONS = ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop")
RULES: dict[str, tuple[int, int, Rule]] = {
    # name: fewest arguments, most arguments, rule
    "dateadd": (3, 3, rules_time.dateadd),
    "date_add": (3, 3, rules_time.dateadd),
    "datediff": (3, 3, rules_time.datediff),
    "date_diff": (3, 3, rules_time.datediff),
    "date_part": (2, 2, rules_time.date_part),
    "pgdate_part": (2, 2, rules_time.date_part),
    "date_trunc": (2, 2, rules_time.date_trunc),
    "convert_timezone": (2, 3, rules_time.convert_timezone),
    "charindex": (2, 2, rules_text.charindex),
    "concat": (2, 2, rules_text.concat),
    "nvl2": (3, 3, rules_choice.nvl2),
    "decode": (3, 1000, rules_choice.decode),
    "set_config": (3, 3, rules_settings.set_config),
    "add_months": (2, 2, rules_time.of_moment("add_months")),
    "last_day": (1, 1, rules_time.of_moment("last_day")),
    "next_day": (2, 2, rules_time.of_moment("next_day")),
    "to_date": (2, 3, rules_time.to_date),
    "to_timestamp": (2, 3, rules_time.to_timestamp),
    "median": (1, 1, rules_aggregates.median),
    **{name: (1, 1, rules_aggregates.deviation(name)) for name in _DEVIATIONS},
    "regexp_count": (2, 4, rules_patterns.regexp_count),
    "regexp_instr": (2, 6, rules_patterns.regexp_instr),
    "regexp_replace": (2, 5, rules_patterns.regexp_replace),
    "regexp_substr": (2, 5, rules_patterns.regexp_substr),
    "json_parse": (1, 1, rules_json.json_parse),
    "json_extract_path_text": (2, 7, rules_json.extract_path),
}
# What an unnamed result column is called where PostgreSQL would call it after the replacement (the function pages).
COLUMN_NAMES = {
    "dateadd": "date_add",
    "date_add": "date_add",
    "datediff": "date_diff",
    "date_diff": "date_diff",
    "date_part": "pgdate_part",
    "sysdate": "sysdate",
    "avg": "avg",
    "version": "version",
    "listagg": "listagg",
    "date_trunc": "date_trunc",
    "charindex": "charindex",
    "convert_timezone": "convert_timezone",
    "sha": "sha",
    "sha1": "sha1",
    "median": "median",
    "percentile_cont": "percentile_cont",
    "ratio_to_report": "ratio_to_report",
    "regexp_instr": "regexp_instr",
    "regexp_replace": "regexp_replace",
    "regexp_substr": "regexp_substr",
    "json_extract_path_text": "json_extract_path_text",
    "json_serialize": "json_serialize",
}
# PostgreSQL has these and Redshift does not (c_unsupported-postgresql-functions).
POSTGRES_ONLY = words(
    "string_agg array_agg json_agg jsonb_agg generate_series unnest now clock_timestamp statement_timestamp "
    "transaction_timestamp age make_date make_timestamp array_length array_to_string gen_random_uuid nextval currval "
    "setval lastval row_to_json to_json to_jsonb format regexp_matches regexp_split_to_table"
)
