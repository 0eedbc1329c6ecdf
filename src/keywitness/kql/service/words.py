"""What each function and operator is for, in one line of our own: what hovering and completion show.

The language's reference is Microsoft's: https://learn.microsoft.com/kusto/query/
"""

from __future__ import annotations

from functools import cache

_FUNCTIONS = """
tostring: The value as text; null becomes empty text.
tolong: The value as a whole number of 64 bits, null where it is none.
toint: The value as a whole number of 32 bits, null where it is none.
todouble: The value as a floating-point number, null where it is none.
todecimal: The value as an exact decimal number, null where it is none.
tobool: The value as true or false, null where it is neither.
todatetime: The value as a time, null where it is none.
totimespan: The value as a span of time, null where it is none.
toguid: The text as a guid, null where it is none.
tohex: A whole number in hexadecimal digits.
parse_json: Text in JSON as a dynamic value whose properties can be read.
dynamic_to_json: A dynamic value as JSON text, its properties in order.
gettype: The name of the value's type at run time.
isnull: True where the value is null; text is never null, ask isempty().
isnotnull: True where the value is not null.
iff: One of two values, as the condition says.
case: The value behind the first condition that is true, else the last.
coalesce: The first value that is not null and not empty text.
max_of: The greatest of the values in one row.
min_of: The least of the values in one row.
column_ifexists: A column where the table has it, else the value given.
toscalar: The first cell of a query's result, as one constant.
assert: Stops the query with a message where the condition is false.
not: The opposite of a condition.
strcat: The values as text, one behind the other.
strcat_array: The elements of an array as one text, with a separator between.
strcat_delim: The values as one text, with a separator between.
strcmp: -1, 0 or 1 as the first text comes before, is, or comes after the second.
strrep: The text repeated.
strlen: The number of characters.
string_size: The number of bytes in UTF-8.
toupper: The text in capitals.
tolower: The text in small letters.
reverse: The characters in reverse order.
substring: A part of the text, from a place counted from 0.
indexof: Where a text first stands in another, counted from 0; -1 where it does not.
indexof_regex: Where a regular expression first matches, counted from 0; -1 where it does not.
has_any_index: Which of the terms is found first, counted from 0; -1 where none is.
split: The parts of a text between separators, as an array.
extract: The part of a text that a group of a regular expression matches.
extract_all: All matches of a regular expression, as an array.
regex_quote: The text with everything escaped that a regular expression would read.
replace: Old name of replace_regex(), with the text last.
replace_regex: The text with every match of a regular expression replaced.
replace_string: The text with every occurrence of another text replaced.
replace_strings: The text with several texts replaced, each by its own.
trim: The text without what a regular expression matches at both ends.
trim_start: The text without what a regular expression matches at its beginning.
trim_end: The text without what a regular expression matches at its end.
countof: How often a text or a regular expression is found in another.
translate: The text with characters of one list replaced by those of another.
isempty: True where the value is empty text or null.
isnotempty: True where the value is neither empty text nor null.
isascii: True where every character is ASCII.
isutf8: True where the text is valid UTF-8.
unicode_codepoints_from_string: The code points of the characters, as an array.
unicode_codepoints_to_string: The text made of code points.
parse_command_line: The arguments of a Windows command line, as an array.
parse_csv: The fields of one line of CSV, as an array.
parse_path: The parts of a file path: root, directory, file, extension and stream.
parse_url: The parts of a URL: scheme, host, port, path, query and fragment.
parse_urlquery: The parameters of a URL's query.
parse_user_agent: What a user agent says of browser, system and device.
parse_version: A version as a number that compares as versions do.
parse_xml: XML text as a dynamic value.
punycode_from_string: The text in Punycode.
punycode_to_string: Punycode as text.
punycode_domain_from_string: A domain name in the form that DNS uses.
punycode_domain_to_string: A domain name of DNS in readable form.
ingestion_time: The time at which Azure Monitor received a record, where its export says so.
now: The time at which the query runs (or what --now says), perhaps moved.
ago: A time that long before now().
datetime_add: A time moved by a number of years, months, days and so on.
datetime_diff: How many borders of a unit lie between two times.
datetime_part: A part of a time as a number.
datetime_utc_to_local: A time of UTC in a time zone.
datetime_local_to_utc: A time of a time zone in UTC.
datetime_list_timezones: The names of the time zones.
dayofweek: The days since Sunday, as a span.
dayofmonth: The day of the month, from 1.
dayofyear: The day of the year, from 1.
hourofday: The hour of the day, from 0.
week_of_year: The ISO week of the year.
monthofyear: The month, from 1.
getyear: The year.
startofday: Midnight at the beginning of the day.
startofweek: Midnight at the beginning of the week, a Sunday.
startofmonth: Midnight at the beginning of the month.
startofyear: Midnight at the beginning of the year.
endofday: The last tick of the day.
endofweek: The last tick of the week, a Saturday.
endofmonth: The last tick of the month.
endofyear: The last tick of the year.
format_datetime: A time as text in a pattern.
format_timespan: A span as text in a pattern.
make_datetime: A time from year, month, day and so on.
make_timespan: A span from hours, minutes and so on.
unixtime_seconds_todatetime: A time from seconds since 1970.
unixtime_milliseconds_todatetime: A time from milliseconds since 1970.
unixtime_microseconds_todatetime: A time from microseconds since 1970.
unixtime_nanoseconds_todatetime: A time from nanoseconds since 1970.
array_concat: The elements of several arrays as one.
array_iff: Element by element one of two arrays, as a third says.
array_index_of: Where a value stands in an array, counted from 0; -1 where it does not.
array_length: The number of elements; null where the value is no array.
array_reverse: The elements in reverse order.
array_rotate_left: The elements moved to the left, those that fall out at the end.
array_rotate_right: The elements moved to the right, those that fall out at the beginning.
array_shift_left: The elements moved to the left, and a value for the gaps.
array_shift_right: The elements moved to the right, and a value for the gaps.
array_slice: The elements from one place to another, both included.
array_sort_asc: The elements in ascending order; further arrays follow the first.
array_sort_desc: The elements in descending order; further arrays follow the first.
array_split: The array cut at places.
array_sum: The sum of the elements.
bag_has_key: True where a property bag has the key or path.
bag_keys: The keys of a property bag.
bag_merge: The properties of several bags; the first that has a key wins.
bag_pack: A property bag of keys and values in turn.
bag_pack_columns: A property bag of columns, under their names.
pack_all: A property bag of all columns.
pack_array: An array of the values.
bag_remove_keys: A property bag without some keys.
bag_set_key: A property bag with one key set.
bag_zip: A property bag of an array of keys and an array of values.
extract_json: What a JSON path finds in JSON text.
jaccard_index: How alike two sets are: common values by all values.
range: An array of numbers or times with equal steps.
repeat: An array of one value, repeated.
set_difference: The values of the first array that no other has.
set_equals: True where two arrays hold the same values.
set_has_element: True where an array holds a value.
set_intersect: The values that all arrays have.
set_union: The values that any array has.
treepath: All paths in a dynamic value.
zip: Elements of several arrays side by side, as arrays.
column_names_of: The names of a table's columns, as an array.
bin: The value rounded down to a multiple of a size: the way to group times.
bin_auto: The value rounded down to a multiple of a size that `set query_bin_auto_size` gives.
bin_at: The value rounded down to a multiple of a size counted from a fixed point.
abs: The value without its sign.
round: The number rounded, perhaps to some digits.
ceiling: The least whole number that is not smaller.
sign: -1, 0 or 1 as the number is negative, zero or positive.
pow: A number to the power of another.
sqrt: The square root.
log: The natural logarithm.
log2: The logarithm to base 2.
log10: The logarithm to base 10.
exp: e to the power of the number.
exp2: 2 to the power of the number.
exp10: 10 to the power of the number.
cos: The cosine of an angle in radians.
sin: The sine of an angle in radians.
tan: The tangent of an angle in radians.
acos: The angle whose cosine the number is.
asin: The angle whose sine the number is.
atan: The angle whose tangent the number is.
gamma: The gamma function.
loggamma: The logarithm of the gamma function's absolute value.
erf: The error function.
erfc: One minus the error function.
atan2: The angle of a point, from its y and x.
cot: The cotangent of an angle in radians.
degrees: An angle of radians in degrees.
radians: An angle of degrees in radians.
pi: The number pi.
rand: A random number from 0 to 1, another in each row.
isnan: True where a number is not a number.
isinf: True where a number is infinite.
isfinite: True where a number is neither infinite nor not a number.
around: True where a value is no further from a centre than a distance.
binary_and: The bits that both numbers have.
binary_or: The bits that either number has.
binary_xor: The bits that one of the numbers has.
binary_not: All bits turned over.
binary_shift_left: The bits moved to the left.
binary_shift_right: The bits moved to the right.
bitset_count_ones: The number of bits that are 1.
format_bytes: A number of bytes as text with a unit.
convert_angle: An angle from one unit to another.
convert_energy: An energy from one unit to another.
convert_force: A force from one unit to another.
convert_length: A length from one unit to another.
convert_mass: A mass from one unit to another.
convert_speed: A speed from one unit to another.
convert_temperature: A temperature from one unit to another.
convert_volume: A volume from one unit to another.
geo_distance_2points: The shortest way between two points on earth, in metres.
geo_point_in_circle: True where a point on earth lies within a radius of another.
beta_cdf: The cumulative beta distribution.
beta_inv: The inverse of the cumulative beta distribution.
beta_pdf: The density of the beta distribution.
welch_test: The probability that two samples have the same mean, by Welch's test.
ipv4_compare: -1, 0 or 1 for two IPv4 addresses, within a network prefix.
ipv4_is_match: True where two IPv4 addresses or ranges agree within their prefixes.
ipv4_is_private: True for an IPv4 address of a private network.
ipv4_is_in_range: True where an IPv4 address lies in a range such as 10.0.0.0/8.
ipv4_is_in_any_range: True where an IPv4 address lies in one of several ranges.
ipv4_netmask_suffix: The prefix length of an IPv4 range.
ipv4_range_to_cidr_list: The ranges in prefix form between two IPv4 addresses.
ipv6_compare: -1, 0 or 1 for two addresses of IPv6 or IPv4, within a network prefix.
ipv6_is_match: True where two addresses of IPv6 or IPv4 agree within their prefixes.
ipv6_is_in_range: True where an IPv6 address lies in a range.
ipv6_is_in_any_range: True where an IPv6 address lies in one of several ranges.
parse_ipv4: An IPv4 address as a number.
parse_ipv4_mask: An IPv4 address under a prefix, as a number.
parse_ipv6: An address in full IPv6 form.
parse_ipv6_mask: An address under a prefix, in full IPv6 form.
format_ipv4: An IPv4 address under a prefix, as text.
format_ipv4_mask: An IPv4 address and its prefix, as text.
has_ipv4: True where a text holds this IPv4 address.
has_any_ipv4: True where a text holds one of several IPv4 addresses.
has_ipv4_prefix: True where a text holds an IPv4 address that begins so.
has_any_ipv4_prefix: True where a text holds an IPv4 address that begins as one of several.
hash: A number for the value, perhaps within a modulus.
hash_xxhash64: The xxHash64 of the value.
hash_md5: The MD5 of the value, in hexadecimal.
hash_sha1: The SHA-1 of the value, in hexadecimal.
hash_sha256: The SHA-256 of the value, in hexadecimal.
base64_encode_tostring: The text in base64.
base64_decode_tostring: The text that base64 holds.
base64_decode_toarray: The bytes that base64 holds, as an array of numbers.
base64_decode_toguid: The guid that base64 holds.
base64_encode_fromarray: An array of bytes in base64.
base64_encode_fromguid: A guid in base64.
url_encode: The text as a URL writes it.
url_encode_component: The text as a part of a URL writes it.
url_decode: The text that a URL stands for.
zlib_compress_to_base64_string: The text compressed by zlib, in base64.
zlib_decompress_from_base64_string: The text that zlib compressed, from base64.
gzip_compress_to_base64_string: The text compressed by gzip, in base64.
gzip_decompress_from_base64_string: The text that gzip compressed, from base64.
new_guid: A random guid, another in each row.
series_add: The sums of two series, element by element.
series_subtract: The differences of two series, element by element.
series_multiply: The products of two series, element by element.
series_divide: The quotients of two series, element by element.
series_pow: The powers of two series, element by element.
series_greater: Where the first series is greater, element by element.
series_greater_equals: Where the first series is not smaller, element by element.
series_less: Where the first series is smaller, element by element.
series_less_equals: Where the first series is not greater, element by element.
series_equals: Where two series are equal, element by element.
series_not_equals: Where two series differ, element by element.
series_exp: e to the power of each element.
series_sign: The sign of each element.
series_abs: Each element without its sign.
series_sin: The sine of each element.
series_asin: The arc sine of each element.
series_cos: The cosine of each element.
series_acos: The arc cosine of each element.
series_tan: The tangent of each element.
series_atan: The arc tangent of each element.
series_log: The natural logarithm of each element.
series_floor: Each element rounded down.
series_ceiling: Each element rounded up.
series_sum: The sum of the elements.
series_product: The product of the elements.
series_magnitude: The length of the series as a vector.
series_dot_product: The dot product of two series.
series_pearson_correlation: How two series go together, from -1 to 1.
series_cosine_similarity: The cosine of the angle between two series.
series_fill_backward: Gaps filled with the next value.
series_fill_forward: Gaps filled with the value before.
series_fill_const: Gaps filled with a constant.
series_fill_linear: Gaps filled on the straight line between neighbours.
series_stats_dynamic: Least, greatest, mean and spread of a series, as a bag.
series_stats: Least, greatest, mean and spread of a series, as columns.
series_fit_line: The straight line that fits a series best, as columns.
series_fit_line_dynamic: The straight line that fits a series best, as a bag.
series_fit_poly: The polynomial that fits a series best, as columns.
series_fir: A series through a filter of finite response.
series_iir: A series through a filter of infinite response.
series_outliers: How far each element lies outside, by Tukey's fences.
series_seasonal: The seasonal part of a series.
series_decompose: Baseline, season, trend and rest of a series, as columns.
series_decompose_anomalies: Where a series leaves its baseline, and by how much.
series_decompose_forecast: The series with its last elements forecast from those before.
series_periods_detect: The periods of a series, with their scores.
series_periods_validate: How well given periods fit a series.
series_fft: The Fourier transform of a series.
series_ifft: The inverse Fourier transform of a series.
series_fit_2lines: The two straight lines that fit a series best, as columns.
series_fit_2lines_dynamic: The two straight lines that fit a series best, as a bag.
prev: The value in a row before, of rows in order.
next: The value in a row after, of rows in order.
row_number: The number of the row, of rows in order.
row_cumsum: The running sum, of rows in order.
row_rank_dense: The rank of the value, without gaps, of rows in order.
row_rank_min: The rank of the value, equal ones sharing the least, of rows in order.
row_window_session: The first time of the session that the row belongs to, of rows in order.
count: The number of rows.
cnt: Old name of count().
countif: The number of rows for which the condition is true.
count_distinct: The number of different values, exactly.
count_distinctif: The number of different values where the condition is true, exactly.
dcount: The number of different values.
dcountif: The number of different values where the condition is true.
sum: The sum.
sumif: The sum where the condition is true.
avg: The mean.
avgif: The mean where the condition is true.
min: The least value.
minif: The least value where the condition is true.
max: The greatest value.
maxif: The greatest value where the condition is true.
arg_max: The row with the greatest value, or columns of it.
arg_min: The row with the least value, or columns of it.
all: In graph-match: the condition is true for every edge of a path, or for every node inside of it.
map: In graph-match: an expression over every edge of a path, or over every node inside of it, as an array.
inner_nodes: In graph-match: the nodes between the ends of a path, for all(), any() and map().
node_id: In graph-match: the id of a node.
node_degree_in: In graph-match: how many edges lead to a node.
node_degree_out: In graph-match: how many edges leave a node.
labels: In graph-match: the labels of a node or an edge.
take_any: The value of some row.
any: Old name of take_any().
take_anyif: The value of some row for which the condition is true.
anyif: Old name of take_anyif().
make_list: All values as an array.
make_list_if: The values where the condition is true, as an array.
make_list_with_nulls: All values, nulls too, as an array.
makelist: Old form of make_list(), of 128 values at most.
make_set: The different values as an array.
make_set_if: The different values where the condition is true, as an array.
makeset: Old form of make_set(), of 128 values at most.
make_bag: The properties of all bags as one.
make_bag_if: The properties of all bags where the condition is true, as one.
make_dictionary: Old name of make_bag().
buildschema: What the dynamic values look like, as one schema.
percentile: The value below which that share of the values lies.
percentiles: Several percentiles, a column each.
percentiles_array: Several percentiles, as one array.
percentilew: A percentile of weighted values.
percentilesw: Several percentiles of weighted values, a column each.
percentilesw_array: Several percentiles of weighted values, as one array.
stdev: The standard deviation of a sample.
stdevp: The standard deviation of a population.
variance: The variance of a sample.
variancep: The variance of a population.
stdevif: The standard deviation of a sample where the condition is true.
varianceif: The variance of a sample where the condition is true.
variancepif: The variance of a population where the condition is true.
covariance: The covariance of a sample.
covariancep: The covariance of a population.
covarianceif: The covariance of a sample where the condition is true.
covariancepif: The covariance of a population where the condition is true.
binary_all_and: The bits that every value has.
binary_all_or: The bits that any value has.
binary_all_xor: The bits of all values, each turned over for every value that has it.
hll: A sketch from which dcount_hll() tells the number of different values.
hll_if: A sketch of the values where the condition is true, for dcount_hll().
hll_merge: Several sketches of hll() as one.
tdigest: A sketch from which percentile_tdigest() tells percentiles.
tdigest_merge: Several sketches of tdigest() as one.
dcount_hll: The number of different values that a sketch of hll() holds.
percentile_tdigest: A percentile that a sketch of tdigest() holds.
percentiles_array_tdigest: Several percentiles that a sketch of tdigest() holds, as an array.
rank_tdigest: How many values of a sketch of tdigest() are not greater.
percentrank_tdigest: Which share of the values of a sketch of tdigest() is not greater, in percent.
bag_unpack: The properties of a bag as columns.
pivot: The values of a column as columns, each with an aggregate.
ipv4_lookup: The rows of a table of IPv4 ranges beside the addresses in them.
ipv6_lookup: The rows of a table of IPv6 ranges beside the addresses in them.
schema_merge: The columns of several tables side by side, with how far they agree.
activity_counts_metrics: Counts of values per window of time: all, different, new, returning.
activity_metrics: Values per window of time: different, new, kept and lost.
activity_engagement: The share of the values of a long window that are active in a short one.
new_activity_metrics: What becomes of the values that are new in a window.
sliding_window_counts: Values over a window that slides: all and different.
active_users_count: Values that are active in enough periods of a window.
rolling_percentile: A percentile over the last windows.
sequence_detect: Rows of one value that follow each other within a time.
rows_near: Rows that stand near those for which a condition is true.
dcount_intersect: The sizes of the intersections of several hll() sketches.
basket: Combinations of values that are frequent among the rows.
narrow: Every cell as a row of its own: row, column, value.
preview: The first rows, and their number.
"""

_OPERATORS = """
where: Keeps the rows for which the condition is true.
filter: Another name of where.
extend: Adds columns, or computes columns anew.
project: Chooses columns, and computes and names them.
project-away: Leaves columns out.
project-keep: Keeps only these columns, in their order.
project-rename: Gives columns other names.
project-reorder: Puts columns first, or in order.
project-by-names: Chooses columns by constant names and patterns.
summarize: Groups rows, and aggregates each group.
distinct: Keeps each combination of values once.
count: Counts the rows.
sort: Puts rows in order; descending unless it says asc.
order: Another name of sort.
top: The first rows of an order.
top-nested: The first values of a column, and within each the first of the next.
top-hitters: The most frequent values.
take: Some rows, the first where they are in order.
limit: Another name of take.
sample: Some rows at random.
sample-distinct: Some different values.
join: Rows of two tables that agree in their keys; innerunique unless kind says otherwise.
lookup: Columns of a small table beside the rows whose keys agree.
union: All rows of several tables.
search: Rows in which a text stands in any column.
find: Rows of several tables for which a condition is true.
mv-expand: One row for each element of an array or bag.
mvexpand: Old name of mv-expand.
mv-apply: A query over the elements of each row's array.
mvapply: Old name of mv-apply.
make-series: Arrays of aggregates along a regular axis, such as hours.
parse: Columns from text, by the words around them.
parse-where: As parse, and drops the rows that do not match.
parse-kv: Columns from text of keys and values.
evaluate: Calls a plugin.
invoke: Calls a function of the query with the rows as its first argument.
as: Gives the rows a name for what follows.
render: Says how to draw the result.
serialize: Fixes the order of the rows, for row_number(), prev() and the like.
getschema: The columns as rows.
consume: Reads all rows and gives none.
fork: Several results from the same rows.
facet: The values of columns with their numbers, as results of their own.
partition: A query over the rows of each value of a column.
reduce: Groups text by patterns.
scan: Rows in order against steps that remember what they matched.
assert-schema: Refuses rows of other columns.
print: One row of values.
range: A column of numbers or times with equal steps.
datatable: A table written in the query.
externaldata: A table of a file elsewhere.
macro-expand: A query over several databases.
make-graph: A graph of rows as nodes and edges.
graph-match: Paths of a graph that fit a pattern.
graph-shortest-paths: The shortest paths of a graph that fit a pattern.
graph-to-table: Nodes or edges of a graph as rows.
graph-mark-components: Which nodes of a graph hang together.
graph-where-nodes: Keeps nodes of a graph.
graph-where-edges: Keeps edges of a graph.
let: Names a value, a table or a function.
set: An option of the query.
declare: Parameters of the query.
"""

_WORDS = """
has: True where a text holds the term as a whole word, whatever its case.
has_cs: True where a text holds the term as a whole word, in this case.
hasprefix: True where a word of the text begins so.
hasprefix_cs: True where a word of the text begins so, in this case.
hassuffix: True where a word of the text ends so.
hassuffix_cs: True where a word of the text ends so, in this case.
contains: True where a text holds another anywhere, whatever its case.
contains_cs: True where a text holds another anywhere, in this case.
startswith: True where a text begins so, whatever its case.
startswith_cs: True where a text begins so, in this case.
endswith: True where a text ends so, whatever its case.
endswith_cs: True where a text ends so, in this case.
has_any: True where a text holds one of several terms.
has_all: True where a text holds all of several terms.
in: True where a value is one of a list, an array or a table's first column.
in~: As in, whatever the case of the text.
!in: True where a value is none of a list.
between: True where a value lies between two, both included: between (low .. high).
matches: True where a regular expression matches: matches regex @"...".
and: True where both conditions are.
or: True where either condition is.
by: What groups the rows, or orders them.
on: The columns that must agree.
asc: The least first.
desc: The greatest first.
"""


@cache
def _lines(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.strip().splitlines())


def lines() -> dict[str, str]:
    """The line of every function."""
    return _lines(_FUNCTIONS)


def of_function(name: str) -> str:
    """What a function is for, by its canonical name; "" where nobody said."""
    return _lines(_FUNCTIONS).get(name, "")


def of_operator(name: str) -> str:
    """What a tabular operator or a statement is for."""
    return _lines(_OPERATORS).get(name, "")


def of_word(name: str) -> str:
    """What a word between operands is for."""
    return _lines(_WORDS).get(name, "")
