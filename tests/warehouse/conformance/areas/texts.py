"""Text.

Lengths are bytes in a type and characters in LEN; patterns are POSIX, and what PostgreSQL reads otherwise is refused.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

CASES = [
    Case(
        fact="LEN and LENGTH count characters, OCTET_LENGTH bytes",
        source="r_LEN",
        sql="select len('français'), length('français'), octet_length('français')",
        rows=[(8, 8, 9)],
    ),
    Case(
        fact="CONCAT and || of a NULL are NULL",
        source="r_CONCAT",
        sql="select concat('a', null), concat('a', 'b'), 'a' || null",
        rows=[(None, "ab", None)],
    ),
    Case(
        fact="A cast to VARCHAR(n) cuts at n bytes, whole characters only",
        source="r_Character_types",
        sql="select 'abcdef'::varchar(3), 'äöü'::varchar(3), cast('abc' as varchar(10))",
        rows=[("abc", "ä", "abc")],
    ),
    Case(
        fact="INSERT refuses a text longer than its column, counted in bytes",
        source="r_Character_types",
        sql=("create table t (a varchar(3))", "insert into t values ('äöü')"),
        error="Value too long for character type",
    ),
    Case(
        fact="An explicit cast makes a text fit its column",
        source="r_Character_types",
        sql=("create table t (a varchar(3))", "insert into t select 'abcdef'::varchar(3)", "select a from t"),
        rows=[("abc",)],
    ),
    Case(
        fact="Trailing blanks are insignificant when texts are compared",
        source="r_Character_types",
        sql="select 'a'::varchar(5) = 'a  '::varchar(5)",
        rows=[(False,)],
        differs="blanks at the end of a VARCHAR count: comparisons, GROUP BY, DISTINCT and joins tell 'a' from 'a  '",
    ),
    Case(
        fact="Trailing blanks of a CHAR are insignificant",
        source="r_Character_types",
        sql="select 'a'::char(5) = 'a'::char(3), len('a'::char(5))",
        rows=[(True, 1)],
    ),
    Case(
        fact="CHARINDEX takes what is looked for first; 0 means not found",
        source="r_CHARINDEX",
        sql="select charindex('fish', 'dogfish'), charindex('x', 'dogfish'), strpos('dogfish', 'fish'), "
        "position('fish' in 'dogfish')",
        rows=[(4, 0, 4, 4)],
    ),
    Case(
        fact="STRTOL reads a number of any base",
        source="r_STRTOL",
        sql="select strtol('abcd1234', 16), strtol('1234567', 10), strtol('110101', 2)",
        rows=[(2882343476, 1234567, 53)],
    ),
    Case(
        fact="SPLIT_PART counts from 1 and is empty behind the last part",
        source="SPLIT_PART",
        sql="select split_part('abc$def$ghi', '$', 2), split_part('abc$def$ghi', '$', 4)",
        rows=[("def", "")],
    ),
    Case(
        fact="TRANSLATE, INITCAP, LPAD, REPLICATE and BTRIM",
        source="String_functions_header",
        sql="select translate('mint tea', 'inea', 'osin'), initcap('nick''s bar-room'), lpad('abc', 5, '*'), "
        "replicate('ab', 3), btrim('xxaxx', 'x')",
        rows=[("most tin", "Nick'S Bar-Room", "**abc", "ababab", "a")],
    ),
    Case(
        fact="MD5, SHA1 and its names, and SHA2 give hexadecimal digests; SHA2 of an unknown size is empty",
        source="hash-functions",
        sql="select md5('abc'), sha1('abc'), func_sha1('abc') = sha('abc'), sha2('abc', 224), sha2('abc', 0) = "
        "sha2('abc', 256), sha2('abc', 1)",
        rows=[
            (
                "900150983cd24fb0d6963f7d28e17f72",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
                True,
                "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
                True,
                "",
            )
        ],
    ),
    Case(
        fact="REGEXP_SUBSTR is empty where nothing matches; the parameter i ignores case, e takes the first group",
        source="REGEXP_SUBSTR",
        sql="select regexp_substr('the fox', 'FOX', 1, 1, 'i'), regexp_substr('abc', 'z'), "
        "regexp_substr('a@b.org', '@([^.]*)', 1, 1, 'e'), regexp_substr('a1b2', '[0-9]', 1, 2)",
        rows=[("fox", "", "b", "2")],
    ),
    Case(
        fact="REGEXP_REPLACE replaces every match, with nothing if nothing is given",
        source="REGEXP_REPLACE",
        sql="select regexp_replace('a1b2', '[0-9]'), regexp_replace('the fox, a FOX', 'fox', 'dog', 1, 'i')",
        rows=[("ab", "the dog, a dog")],
    ),
    Case(
        fact="REGEXP_COUNT and REGEXP_INSTR count and place matches",
        source="REGEXP_COUNT",
        sql="select regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}'), regexp_instr('ab@c.d', '@[^.]*'), "
        "regexp_instr('ab@c.d', '@[^.]*', 1, 1, 1), regexp_instr('ab', 'z')",
        rows=[(8, 3, 5, 0)],
    ),
    Case(
        fact="Regular expressions know the classes \\d, \\w and \\s, written with two backslashes",
        source="pattern-matching-conditions-posix",
        sql=r"select regexp_substr('abc 123', '\\d+'), 'x.y' ~ 'x\\.y', 'xzy' ~ 'x\\.y', 'a' !~ 'b'",
        rows=[("123", True, False, True)],
    ),
    Case(
        fact="Perl compatible regular expressions with the parameter p",
        source="REGEXP_SUBSTR",
        sql="select regexp_substr('a1', '(?=a)', 1, 1, 'p')",
        error="Perl compatible",
        refused=True,
    ),
    Case(
        fact="Regular expressions may come from any expression",
        source="REGEXP_COUNT",
        sql="select regexp_count('aa', lower('A'))",
        error="string literal",
        refused=True,
    ),
    Case(
        fact="What POSIX lacks and PostgreSQL has, non-greedy quantifiers say, is not read otherwise but refused",
        source="pattern-matching-conditions-posix",
        sql="select regexp_substr('aaa', 'a+?')",
        error="+?",
        code="0A000",
    ),
    Case(
        fact="There is no ~*",
        source="pattern-matching-conditions-posix",
        sql="select 'A' ~* 'a'",
        error="~*",
        code="0A000",
    ),
    Case(
        fact="LIKE escapes with a backslash or by ESCAPE, ILIKE ignores case, SIMILAR TO matches the whole text",
        source="r_patternmatching_condition_like",
        sql=r"select 'a_b' like 'a\\_b', 'axb' like 'a\\_b', 'a_b' like 'a^_b' escape '^', 'ABC' ilike 'a%', "
        "'abc' similar to '(a|x)%', 'abc' similar to 'b'",
        rows=[(True, False, True, True, True, False)],
    ),
    Case(
        fact="A backslash in a string escapes",
        source="observed",
        sql=r"select len('a\\b'), 'it\'s', len('a\tb')",
        rows=[(3, "it's", 3)],
    ),
]
