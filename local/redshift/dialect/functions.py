"""Every function that statements may call, and what becomes of it.

A function that is not here is refused: PostgreSQL may have one of that name that does something else.
To support another function, add it to SAME if PostgreSQL's does the same, to RENAMED if it does so under another name
(its definition may be one of ours, in catalogue/functions.sql), or give it a rule.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from local.redshift.dialect import rules_choice, rules_settings, rules_text, rules_time
from local.redshift.dialect.names import words

Rule = Callable[[list[exp.Expr]], exp.Expr]

SAME = words(
    """
    count sum min max stddev stddev_samp stddev_pop variance var_samp var_pop bool_and bool_or
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    abs ceil ceiling floor sign sqrt cbrt power pow exp ln mod round random pi degrees radians
    sin cos tan asin acos atan atan2
    coalesce nullif greatest least
    lower upper ltrim rtrim btrim lpad rpad length char_length character_length octet_length replace substr left right
    strpos repeat reverse initcap split_part translate chr ascii md5 quote_ident quote_literal
    to_char to_date date add_months last_day months_between next_day
    getdate strtol trunc len textlen
    current_database current_schema current_schemas pg_backend_pid pg_last_copy_count pg_last_copy_id
    pg_last_unload_count
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
}
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
}
# What an unnamed result column is called where PostgreSQL would call it after the replacement (redshift.md B).
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
}
# PostgreSQL has these and Redshift does not (redshift.md B, unsupported functions).
POSTGRES_ONLY = words(
    "string_agg array_agg json_agg jsonb_agg generate_series unnest now clock_timestamp statement_timestamp "
    "transaction_timestamp age make_date make_timestamp array_length array_to_string gen_random_uuid nextval currval "
    "setval lastval row_to_json to_json to_jsonb format regexp_matches regexp_split_to_table"
)
