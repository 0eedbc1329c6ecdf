"""Expressions that DuckDB can say, but only at length: static SQL macros, defined when a query uses them.

Times are ticks of 100 ns: 864000000000 make a day, 3155378975999999999 is the last one of the year 9999. No text of a
user ever enters here: arguments arrive as expressions.
"""

from __future__ import annotations

import re
from functools import cache

#: What Kusto takes for a part of a term: letters and digits of any script.
TERM = r"\p{L}\p{Nd}"

#: `name(parameters) :=` and, indented, the body, which may use other macros.
_TEXT = r"""
-- nulls
kw_equal(a, b) :=
    CASE WHEN a IS NULL AND b IS NULL THEN NULL ELSE a IS NOT DISTINCT FROM b END
kw_not_equal(a, b) :=
    CASE WHEN a IS NULL AND b IS NULL THEN NULL ELSE a IS DISTINCT FROM b END
kw_equal_real(a, b) :=
    CASE WHEN isnan(a) OR isnan(b) THEN false ELSE kw_equal(a, b) END
kw_assert(p, m) :=
    CASE WHEN p THEN true ELSE error(m) END
-- numbers
kw_modulo(a, b) :=
    ((a % b) + abs(b)) % abs(b)
kw_bucket(a, b) :=
    CASE WHEN b < 1 THEN error('hash() into less than one bucket: what Kusto says is not documented') ELSE
    kw_modulo(a, b) END
kw_random(n) :=
    CASE WHEN n < 1 THEN error('rand() below 1: what Kusto says is not documented') ELSE floor(random() * n) END
kw_bin(a, b) :=
    CASE WHEN b > 0 THEN a - (((a % b) + b) % b) END
kw_bin_real(a, b) :=
    CASE WHEN b > 0 THEN floor(a / b) * b END
kw_scale_span(a, b) :=
    CAST(round(a * b) AS BIGINT)
kw_divide_span(a, b) :=
    CAST(round(a / b) AS BIGINT)
kw_distance(x, y, u, v) :=
    CASE WHEN abs(x) <= 180 AND abs(u) <= 180 AND abs(y) <= 90 AND abs(v) <= 90
        THEN 2 * 6371010 * asin(least(1, sqrt(pow(sin(radians(v - y) / 2), 2)
            + cos(radians(y)) * cos(radians(v)) * pow(sin(radians(u - x) / 2), 2)))) END
kw_in_circle(x, y, u, v, r) :=
    CASE WHEN r > 0 AND isfinite(r) THEN kw_distance(x, y, u, v) <= r END
kw_sqrt(x) :=
    CASE WHEN x < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt(x) END
kw_ln(x) :=
    CASE WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x > 0 THEN ln(x) END
kw_log2(x) :=
    CASE WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x > 0 THEN log2(x) END
kw_log10(x) :=
    CASE WHEN x = 0 THEN CAST('-Infinity' AS DOUBLE) WHEN x > 0 THEN log10(x) END
kw_acos(x) :=
    CASE WHEN x BETWEEN -1 AND 1 THEN acos(x) END
kw_asin(x) :=
    CASE WHEN x BETWEEN -1 AND 1 THEN asin(x) END
kw_range_count(a, b, s, most) :=
    CASE WHEN s = 0 OR a IS NULL OR b IS NULL OR s IS NULL THEN
    error('range: start, stop and step must be numbers, and step not 0') WHEN (s > 0 AND b < a) OR (s < 0 AND b > a)
    THEN 0 WHEN (b - a) // s >= most THEN error('range: more than ' || most || ' rows; give a longer step')
    ELSE (b - a) // s + 1 END
kw_real_range_count(a, b, s, most) :=
    CASE WHEN s = 0 OR a IS NULL OR b IS NULL OR s IS NULL THEN
    error('range: start, stop and step must be numbers, and step not 0') WHEN (s > 0 AND b < a) OR (s < 0 AND b > a)
    THEN 0 WHEN floor((b - a) / s) >= most THEN error('range: more than ' || most || ' rows; give a longer step')
    ELSE CAST(floor((b - a) / s) AS BIGINT) + 1 END
kw_rest(a, b) :=
    ((a % b) + b) % b
kw_and(a, b) :=
    a & b
kw_or(a, b) :=
    a | b
kw_not(a) :=
    ~a
-- conversions
kw_bool_text(x) :=
    CASE WHEN x IS NULL THEN '' WHEN x THEN 'True' ELSE 'False' END
kw_int_text(x) :=
    coalesce(CAST(x AS VARCHAR), '')
kw_decimal_text(x) :=
    CASE WHEN x IS NULL THEN '' WHEN contains(CAST(x AS VARCHAR), '.')
    THEN rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.') ELSE CAST(x AS VARCHAR) END
kw_version(s) :=
    CASE WHEN regexp_full_match(s, '[0-9]{1,8}(\.[0-9]{1,8}){0,3}') THEN CAST(array_to_string(list_transform(range(1,
    5), lambda i: lpad(coalesce(string_split(s, '.')[i], '0'), 8, '0')), '') AS DECIMAL(38, 0)) END
kw_dynamic_said(x) :=
    coalesce(json_extract_string(x, '$'), '')
kw_dynamic_text(x) :=
    CASE WHEN starts_with(x, '"') THEN kw_dynamic_said(x) ELSE kw_without_reals(kw_dynamic_said(x)) END
kw_without_reals(t) :=
    CASE WHEN t < ':' THEN CASE WHEN regexp_full_match(t, '-?[0-9]+([.][0-9]+(e[+-]?[0-9]+)?|e[+-]?[0-9]+)')
    THEN error('reals in a document') ELSE t END WHEN starts_with(t, '{') OR starts_with(t, '[')
    THEN CASE WHEN regexp_matches(t, '[:\[,]-?[0-9]+([.][0-9]+(e[+-]?[0-9]+)?|e[+-]?[0-9]+)[,}\]]')
    THEN error('reals in a document') ELSE t END ELSE t END
kw_text_to_long(s) :=
    CASE WHEN regexp_full_match(kw_trimmed(s), '[+-]?[0-9]+') THEN try_cast(kw_trimmed(s) AS BIGINT)
    WHEN regexp_full_match(kw_trimmed(s), '0[xX][0-9a-fA-F]{1,16}')
    THEN kw_wrapped(try_cast('0x' || substring(kw_trimmed(s), 3) AS HUGEINT)) END
kw_text_to_real(s) :=
    CASE WHEN regexp_full_match(kw_trimmed(s), '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?')
    THEN try_cast(kw_trimmed(s) AS DOUBLE)
    WHEN lower(kw_trimmed(s)) = 'inf' THEN error('todouble("inf"): Kusto reads it otherwise in a constant; write +inf')
    WHEN lower(kw_trimmed(s)) IN ('nan', '+inf', '-inf', 'infinity', '+infinity', '-infinity')
    THEN try_cast(ltrim(kw_trimmed(s), '+') AS DOUBLE) END
kw_text_to_bool(s) :=
    CASE lower(s) WHEN 'true' THEN true WHEN 'false' THEN false ELSE kw_text_to_long(s) <> 0 END
kw_constant_to_bool(s) :=
    CASE WHEN s <> kw_trimmed(s) AND lower(kw_trimmed(s)) IN ('true', 'false')
    THEN error('tobool() of a constant with blanks around it: Kusto makes it null in a column')
    ELSE kw_text_to_bool(s) END
kw_text_to_guid(s) :=
    CASE WHEN regexp_matches(s,
    '^[{(\s]*[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}') THEN
    CASE WHEN regexp_matches(s, '^[{(\s]') THEN
    error('toguid() of a text with a blank or bracket in front: its page does not say what becomes of it; cut it off')
    ELSE lower(regexp_replace(substring(replace(s, '-', ''), 1, 32), '^(.{8})(.{4})(.{4})(.{4})(.{12})$',
    '\1-\2-\3-\4-\5')) END END
kw_real_to_long(x) :=
    CASE WHEN isnan(x) THEN NULL WHEN x >= 9.223372036854775807e18 THEN 9223372036854775807
    WHEN x <= -9.223372036854775808e18 THEN -9223372036854775807 - 1 ELSE TRY_CAST(trunc(x) AS BIGINT) END
kw_long_to_int(x) :=
    CAST((((CAST(x AS HUGEINT) + 2147483648) % 4294967296) + 4294967296) % 4294967296 - 2147483648 AS INTEGER)
kw_dynamic_to_long(d) :=
    CASE json_type(d) WHEN 'DOUBLE' THEN kw_real_to_long(TRY_CAST(d AS DOUBLE)) WHEN 'BOOLEAN' THEN TRY_CAST(d
    = 'true' AS
    BIGINT) ELSE kw_text_to_long(json_extract_string(d, '$')) END
kw_gettype(d) :=
    CASE json_type(d) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'dictionary' WHEN 'VARCHAR' THEN 'string' WHEN
    'BOOLEAN' THEN 'bool' WHEN 'DOUBLE' THEN 'double' WHEN 'UBIGINT' THEN 'long' WHEN 'BIGINT' THEN 'long' ELSE
    'null' END
kw_trimmed(s) :=
    regexp_replace(s, '^\s+|\s+$', '', 'g')
kw_wrapped(x) :=
    CASE WHEN x > 9223372036854775807 THEN TRY_CAST(x - 18446744073709551616 AS BIGINT) ELSE TRY_CAST(x AS BIGINT) END
kw_real_to_int(x) :=
    CASE WHEN isnan(x) OR x IS NULL THEN NULL
    ELSE TRY_CAST(trunc(greatest(least(x, 2147483647), -2147483648)) AS INTEGER) END
kw_constant_to_long(x) :=
    CASE WHEN x < 9.223372036854775e18 AND x > -9.223372036854775e18 OR x IS NULL THEN kw_real_to_long(x) ELSE
    error('tolong() of a constant outside of long: Kusto reads it otherwise than in a column') END
kw_constant_to_int(x) :=
    CASE WHEN x < 2147483648 AND x > -2147483649 OR x IS NULL THEN kw_real_to_int(x) ELSE
    error('toint() of a constant outside of int: Kusto reads it otherwise than in a column') END
kw_constant_to_long_of_dynamic(d) :=
    CASE json_type(d) WHEN 'DOUBLE' THEN kw_constant_to_long(TRY_CAST(d AS DOUBLE)) ELSE kw_dynamic_to_long(d) END
kw_constant_to_int_of_dynamic(d) :=
    CASE json_type(d) WHEN 'DOUBLE' THEN kw_constant_to_int(TRY_CAST(d AS DOUBLE)) ELSE kw_dynamic_to_int(d) END
kw_text_to_int(s) :=
    try_cast(kw_text_to_long(s) AS INTEGER)
kw_dynamic_to_int(d) :=
    CASE json_type(d) WHEN 'DOUBLE' THEN kw_real_to_int(TRY_CAST(d AS DOUBLE)) WHEN 'BOOLEAN' THEN TRY_CAST(d =
    'true' AS INTEGER)
    WHEN 'VARCHAR' THEN kw_text_to_int(json_extract_string(d, '$')) ELSE
    kw_long_to_int(kw_text_to_long(json_extract_string(d, '$'))) END
kw_dynamic_to_real(d) :=
    CASE json_type(d) WHEN 'BOOLEAN' THEN TRY_CAST(d = 'true' AS DOUBLE) ELSE
    kw_text_to_real(json_extract_string(d, '$')) END
kw_dynamic_to_bool(d) :=
    CASE json_type(d) WHEN 'DOUBLE' THEN TRY_CAST(d AS DOUBLE) <> 0 ELSE kw_text_to_bool(json_extract_string(d,
    '$')) END
kw_item_to_long(d) :=
    CASE WHEN json_type(d) IN ('DOUBLE', 'BIGINT', 'UBIGINT') THEN kw_dynamic_to_long(d) END
kw_item_to_int(d) :=
    CASE WHEN json_type(d) IN ('DOUBLE', 'BIGINT', 'UBIGINT') THEN kw_dynamic_to_int(d) END
kw_item_to_real(d) :=
    CASE WHEN json_type(d) IN ('DOUBLE', 'BIGINT', 'UBIGINT') THEN TRY_CAST(d AS DOUBLE) END
kw_item_to_bool(d) :=
    CASE json_type(d) WHEN 'BOOLEAN' THEN d = 'true' WHEN 'BIGINT' THEN TRY_CAST(d AS BIGINT) <> 0
    WHEN 'UBIGINT' THEN TRY_CAST(d AS UBIGINT) <> 0 END
kw_digest(s, h) :=
    CASE WHEN s = '' THEN '' ELSE h END
-- times
kw_datetime(t) :=
    CASE WHEN t BETWEEN 0 AND 3155378975999999999 THEN t END
kw_date(t) :=
    DATE '0001-01-01' + CAST(t // 864000000000 AS INTEGER)
kw_from_date(d) :=
    CAST(date_diff('day', DATE '0001-01-01', CAST(d AS DATE)) AS BIGINT) * 864000000000
kw_clock(x) :=
    lpad(CAST(x // 36000000000 AS VARCHAR), 2, '0') || ':' || lpad(CAST(x // 600000000 % 60 AS VARCHAR), 2, '0') ||
    ':' || lpad(CAST(x // 10000000 % 60 AS VARCHAR), 2, '0')
kw_fraction(x) :=
    lpad(CAST(x % 10000000 AS VARCHAR), 7, '0')
kw_date_text(d) :=
    lpad(CAST(year(d) AS VARCHAR), 4, '0') || '-' || lpad(CAST(month(d) AS VARCHAR), 2, '0') || '-' ||
    lpad(CAST(day(d) AS VARCHAR), 2, '0')
kw_datetime_text(t) :=
    coalesce(kw_date_text(kw_date(t)) || 'T' || kw_clock(t % 864000000000) || '.' || kw_fraction(t) || 'Z', '')
kw_timespan_text(t) :=
    coalesce(CASE WHEN t < 0 THEN '-' ELSE '' END || CASE WHEN abs(t) >= 864000000000 THEN CAST(abs(t) //
    864000000000 AS VARCHAR) || '.' ELSE '' END || kw_clock(abs(t) % 864000000000) || CASE WHEN t % 10000000 = 0
    THEN '' ELSE '.' || kw_fraction(abs(t)) END, '')
kw_weekday(t) :=
    (t // 864000000000 + 1) % 7
kw_dayofweek(t) :=
    CASE WHEN t < 3155378112000000000 THEN kw_weekday(t) * 864000000000 END
kw_startofday(t, n) :=
    t - t % 864000000000 + n * 864000000000
kw_startofweek(t, n) :=
    t - t % 864000000000 - kw_weekday(t) * 864000000000 + n * 7 * 864000000000
kw_startofmonth(t, n) :=
    kw_from_date(kw_add_months(date_trunc('month', kw_date(t)), n))
kw_startofyear(t, n) :=
    kw_from_date(kw_add_months(date_trunc('year', kw_date(t)), n * 12))
kw_add_months(d, n) :=
    TRY(CAST(d AS DATE) + to_months(CAST(n AS INTEGER)))
kw_datetime_add_months(t, n) :=
    kw_datetime(kw_from_date(kw_add_months(kw_date(t), n)) + t % 864000000000)
kw_is_second(s) :=
    s >= 0 AND round(s * 10000000) < 600000000
kw_make_datetime(y, mo, d, h, mi, s) :=
    CASE WHEN h BETWEEN 0 AND 23 AND mi BETWEEN 0 AND 59 AND kw_is_second(s) AND y BETWEEN 1 AND 9999 THEN
    kw_from_date(TRY(make_date(CAST(y AS BIGINT), CAST(mo AS BIGINT), CAST(d AS BIGINT)))) + CAST(h AS BIGINT) *
    36000000000 + CAST(mi AS BIGINT) * 600000000 + CAST(round(s * 10000000) AS BIGINT) END
kw_months_since(t, n) :=
    CAST((year(kw_date(t)) * 12 + month(kw_date(t)) - 1) // n AS BIGINT)
kw_weeks_since(t) :=
    (t // 864000000000 + 1) // 7
kw_twelve_hours(t) :=
    (t // 36000000000 % 24 + 11) % 12 + 1
kw_make_timespan(d, h, mi, s) :=
    CASE WHEN h BETWEEN 0 AND 23 AND mi BETWEEN 0 AND 59 AND kw_is_second(s) THEN CAST(d AS BIGINT) * 864000000000 +
    CAST(h AS BIGINT) * 36000000000 + CAST(mi AS BIGINT) * 600000000 + CAST(round(s * 10000000) AS BIGINT) END
-- strings
kw_text_or_empty(s) :=
    coalesce(s, '')
kw_json_or_null(l) :=
    CASE WHEN len(l) > 0 THEN CAST(to_json(l) AS VARCHAR) END
kw_matched_texts(l) :=
    list_transform(l, lambda e: coalesce(e, ''))
kw_rows_of_lists(l) :=
    list_transform(range(1, len(l[1]) + 1), lambda i: list_transform(l, lambda g: coalesce(g[i], '')))
kw_substring(s, start, n) :=
    CASE WHEN n <= 0 OR start < -length(s) THEN ''
    ELSE coalesce(substring(s, CASE WHEN start >= 0 THEN start + 1 ELSE length(s) + start + 1 END, n), '') END
kw_substring_from(s, start) :=
    CASE WHEN start < -length(s) THEN '' ELSE coalesce(substring(s, CASE WHEN start >= 0 THEN start + 1 ELSE length(s)
    + start + 1 END), '') END
kw_upper(s) :=
    CASE WHEN contains(s, 'ß') THEN error('toupper() of ß: what it becomes is not documented; =~ compares without case')
    ELSE upper(s) END
kw_lower(s) :=
    CASE WHEN contains(s, 'İ') THEN error('tolower() of İ: what it becomes is not documented; =~ compares without case')
    ELSE lower(s) END
kw_reverse(s) :=
    array_to_string(list_reverse(regexp_extract_all(s, '(?s).')), '')
kw_indexof(s, x) :=
    CAST(strpos(s, nullif(x, '')) AS BIGINT) - 1
kw_indexof_regex(s, p, start, n, k) :=
    CASE WHEN start < 0 OR n < -1 OR k < 1 THEN NULL ELSE kw_indexof_match(kw_window(s, start, n), p, start, k,
    n >= 0 AND k > 1 AND len(regexp_extract_all(kw_window(s, start, -1), p)) >= k) END
kw_window(s, start, n) :=
    CASE WHEN n = -1 THEN substring(s, start + 1) ELSE substring(s, start + 1, n) END
kw_indexof_match(s, p, start, k, open) :=
    CASE WHEN list_contains(list_slice(regexp_extract_all(s, p), 1, k - 1), '')
    THEN error('indexof_regex() with an expression that matches nothing')
    WHEN len(regexp_extract_all(s, p)) >= k THEN start + CAST(length(array_to_string(list_slice(regexp_extract_all(s,
    p), 1, k - 1), '') || regexp_extract_all(s, p, 1)[k]) AS BIGINT)
    WHEN open THEN error('indexof_regex() with an occurrence beyond its length') ELSE -1 END
kw_with_ascii_words(s, w, f) :=
    CASE WHEN strlen(s) = length(s) OR NOT regexp_matches(regexp_replace(s, '[[:ascii:]]+', '', 'g'), w) THEN s
    ELSE error(f || ' with a word boundary in text with letters beyond ASCII; match (^|[^a-z]) instead') END
kw_delimiter(d) :=
    CASE WHEN d = '' THEN error('split() with an empty delimiter; leave such rows out') ELSE d END
kw_split(s, d) :=
    CAST(to_json(string_split(s, d)) AS VARCHAR)
kw_split_at(s, d, i) :=
    CASE WHEN i >= 0 AND i < len(string_split(s, d)) THEN CAST(to_json([list_extract(string_split(s, d), i + 1)]) AS
    VARCHAR) END
kw_list_json(l) :=
    '[' || array_to_string(l, ',') || ']'
-- lists of physical values
kw_real_list_json(l) :=
    kw_list_json(list_transform(l, lambda x: kw_real_json(x)))
kw_datetime_list_json(l) :=
    kw_list_json(list_transform(l, lambda x: kw_quoted(kw_datetime_text(x))))
kw_timespan_list_json(l) :=
    kw_list_json(list_transform(l, lambda x: kw_quoted(kw_timespan_text(x))))
kw_elements(l) :=
    flatten(list_transform(l, lambda x: CASE WHEN json_type(x) = 'ARRAY' THEN kw_expanded(x) ELSE [x] END))
kw_least_real(least, largest) :=
    CASE WHEN isnan(largest) THEN largest ELSE least END
kw_rank_of_least(x) :=
    coalesce(CASE WHEN isnan(x) THEN '-inf'::DOUBLE ELSE x END, 'nan'::DOUBLE)
kw_mean_ticks(total, n) :=
    CASE WHEN n > 0 THEN CAST(total // n AS BIGINT) END
-- sketches
kw_list_texts(l) :=
    coalesce(list_transform(l, lambda x: CAST(x AS VARCHAR)), CAST([] AS VARCHAR[]))
kw_hll(type, l) :=
    CAST(to_json({'of': type, 'values': list_sort(kw_list_texts(l))}) AS VARCHAR)
kw_tdigest(type, l, w) :=
    CAST(to_json({'of': type, 'values': kw_list_texts(l), 'weights': coalesce(w, [])}) AS VARCHAR)
-- make-series
kw_places_to(a, b, s) :=
    CAST(round((b - a) / s) AS BIGINT) + 1
kw_places_before(a, b, s) :=
    CAST(ceil((b - a) / s) AS BIGINT)
kw_places(n) :=
    CASE WHEN n > 1048576 THEN error('make-series: more than 1048576 points; give a longer step')
    ELSE range(greatest(n, 0)) END
kw_laid_out(l, a, s, m, d) :=
    kw_list_json(list_transform(l, lambda i: coalesce(m[a + i * s], d)))
kw_long_axis(l, a, s) :=
    kw_list_json(list_transform(l, lambda i: CAST(a + i * s AS VARCHAR)))
kw_real_axis(l, a, s) :=
    kw_list_json(list_transform(l, lambda i: kw_real_json(a + i * s)))
kw_datetime_axis(l, a, s) :=
    kw_list_json(list_transform(l, lambda i: kw_quoted(kw_datetime_text(a + i * s))))
kw_timespan_axis(l, a, s) :=
    kw_list_json(list_transform(l, lambda i: kw_quoted(kw_timespan_text(a + i * s))))
-- dynamic
kw_document(d, name) :=
    d
kw_value(j) :=
    nullif(CAST(j AS VARCHAR), 'null')
kw_member(d, p) :=
    kw_value(json_extract(d, p))
kw_member_text(d, p) :=
    kw_without_reals(coalesce(json_extract_string(d, p), ''))
kw_index(d, i) :=
    kw_value(json_extract(d, '$[' || CASE WHEN i < 0 THEN '#' ELSE '' END || i || ']'))
kw_text_json(s) :=
    CAST(to_json(s) AS VARCHAR)
kw_quoted(s) :=
    '"' || s || '"'
kw_real_json(x) :=
    CASE WHEN isnan(x) THEN '"NaN"' WHEN isinf(x) THEN CASE WHEN x > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE
    CAST(x AS VARCHAR) END
kw_is_strict_json(s) :=
    NOT regexp_matches(s, '(^|[:\[,])\s*-?(?i:nan|inf|infinity)\s*($|[,\]}])|,\s*[\]}]') OR NOT regexp_matches(
    regexp_replace(s, '"(\\.|[^"\\])*"', '', 'g'), '(?i)nan|inf|,\s*[\]}]')
kw_parse_json(s) :=
    CASE WHEN s IS NULL OR s = '' THEN NULL WHEN json_valid(s) AND kw_is_strict_json(s)
    THEN nullif(CAST(json(CASE WHEN json_valid(s) THEN s END) AS VARCHAR), 'null') ELSE kw_text_json(s) END
kw_dynamic_is_empty(d) :=
    d IS NULL OR CAST(d AS VARCHAR) IN ('""', 'null')
kw_array_length(d) :=
    CASE WHEN json_type(d) = 'ARRAY' THEN CAST(json_array_length(d) AS BIGINT) END
kw_bag_keys(d) :=
    CASE WHEN json_type(d) = 'OBJECT' THEN CAST(to_json(json_keys(d)) AS VARCHAR) END
kw_members(d, flat) :=
    CASE WHEN d IS NULL OR (starts_with(d, '[') AND NOT contains(substr(d, 2), '[')) THEN d ELSE flat END
kw_strings(d) :=
    list_transform(list_filter(CAST(json_extract(d, '$[*]') AS JSON[]), lambda e: json_type(e) = 'VARCHAR'), lambda e:
    e ->> '$')
kw_contains_ci(l, s) :=
    coalesce(list_contains(list_transform(l, lambda e: lower(e)), lower(s)), false)
kw_has_element(d, j) :=
    coalesce(list_contains(list_transform(CAST(json_extract(d, '$[*]') AS JSON[]),
    lambda e: kw_key(CAST(e AS VARCHAR))), kw_key(j)), false)
kw_key(j) :=
    CASE WHEN json_type(j) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN TRY_CAST(TRY_CAST(j AS DOUBLE) AS VARCHAR) ELSE
    TRY_CAST(json(j) AS VARCHAR) END
kw_expanded(d) :=
    CASE WHEN starts_with(d, '[') THEN CAST(json_extract(d, '$[*]') AS VARCHAR[]) ELSE kw_expanded_bag(d) END
kw_expanded_texts(d) :=
    CASE WHEN starts_with(d, '[') THEN json_extract_string(d, '$[*]') ELSE list_transform(kw_expanded_bag(d),
    lambda e: json_extract_string(e, '$')) END
kw_expanded_bag(d) :=
    CASE json_type(d) WHEN 'ARRAY' THEN CAST(json_extract(d, '$[*]') AS VARCHAR[])
    WHEN 'OBJECT' THEN list_transform(json_keys(d), lambda k: '{' || to_json(k) || ':'
    || CAST(json_extract(d, '/' || replace(replace(k, '~', '~0'), '/', '~1')) AS VARCHAR) || '}')
    ELSE [CAST(d AS VARCHAR)] END
kw_expanded_pairs(d) :=
    CASE json_type(d) WHEN 'OBJECT' THEN list_transform(json_keys(d), lambda k: '[' || to_json(k) || ',' ||
    CAST(json_extract(d, '/' || replace(replace(k, '~', '~0'), '/', '~1')) AS VARCHAR) || ']') ELSE kw_expanded(d)
    END
"""

#: Macros of documents that say their first argument several times, and have a form that calculates it once.
REPEATING = frozenset(
    {
        "kw_array_length",
        "kw_dynamic_is_empty",
        "kw_dynamic_text",
        "kw_dynamic_to_bool",
        "kw_dynamic_to_int",
        "kw_dynamic_to_long",
        "kw_dynamic_to_real",
        "kw_gettype",
        "kw_member_text",
        "kw_parse_json",
    }
)

_HEAD = re.compile(r"^(kw_\w+)\(([^)]*)\) :=$")
_NAME = re.compile(r"\bkw_\w+")


@cache
def table() -> dict[str, tuple[str, str]]:
    """Name -> parameters and body of every macro."""
    found: dict[str, tuple[str, list[str]]] = {}
    lines: list[str] = []
    for line in _TEXT.splitlines():
        head = _HEAD.match(line)
        if head:
            if head.group(1) in found:
                raise ValueError(f"two macros are called {head.group(1)}")
            lines = []
            found[head.group(1)] = (head.group(2), lines)
        elif line.startswith("    "):
            lines.append(line.strip())
    written = {name: (parameters, " ".join(body)) for name, (parameters, body) in found.items()}
    return written | {once(name): _calculating_once(name, written[name][0]) for name in REPEATING}


def once(name: str) -> str:
    """The form of a repeating macro that calculates its first argument once."""
    return f"{name}_once"


def _calculating_once(name: str, parameters: str) -> tuple[str, str]:
    first, *rest = parameters.split(", ")
    said = ", ".join(["x", *rest])
    return parameters, f"list_transform([{first}], lambda x: {name}({said}))[1]"


def used(name: str) -> set[str]:
    """The macros that a macro's body uses."""
    return set(_NAME.findall(table()[name][1]))


def needed(names: set[str]) -> list[str]:
    """The macros behind some names, those that others use first."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in table():
            return
        for inner in sorted(used(name)):
            visit(inner)
        ordered.append(name)

    for name in sorted(names):
        visit(name)
    return ordered


def definition(name: str) -> str:
    """The statement that defines a macro."""
    parameters, body = table()[name]
    return f"CREATE OR REPLACE MACRO {name}({parameters}) AS ({body})"
