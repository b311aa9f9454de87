"""Numbers, keys and names against a second opinion, for made-up input.

The pure functions of the engine answer through tests/unit/probe. Python's own
decimal and its order of bytes say what is right.
"""

import re
from decimal import Decimal, localcontext

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from names import binary_name, is_over_long, number_name, number_text, string_name
from properties import DIGITS, EXACT, LARGEST, SMALLEST, Refused, binaries, numbers, probe, strings

__all__ = ["probe"]  # the fixture

NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"
TOO_MANY_DIGITS = "Attempting to store more than 38 significant digits in a Number"
OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)


def outcome_of(function, *arguments):
    """A result as text, or the message of the refusal."""
    try:
        result = function(*arguments)
    except Refused as refusal:
        return str(refusal)
    return result.decode() if isinstance(result, bytes) else result


# Numbers


def significant(value):
    """Sign, digits and power of ten of the last digit that is not zero."""
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    return sign, stripped, exponent + len(text) - len(stripped)


def checked(value, too_many=TOO_MANY_DIGITS):
    """The canonical text of an exact result, or why it is refused."""
    _, digits, exponent = significant(value)
    if not digits:
        return "0"
    if len(digits) > DIGITS:
        return too_many
    if exponent + len(digits) - 1 > LARGEST:
        return OVERFLOW
    if exponent + len(digits) - 1 < SMALLEST:
        return UNDERFLOW
    with localcontext(EXACT):
        return number_text(value)


SPELLING = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def read_number(text):
    if not text:
        return NOT_A_NUMBER
    if not SPELLING.fullmatch(text):
        return f"{NOT_A_NUMBER}: {text}"
    return checked(Decimal(text))


digit_runs = st.one_of(
    st.text("0123456789", max_size=42),
    st.builds(str.__mul__, st.just("0"), st.integers(0, 150)),
    st.builds(str.__add__, st.text("0123456789", max_size=20), st.just("0" * 20)),
)
exponents = st.one_of(
    st.just(""),
    st.builds("e{}".format, st.integers(-175, 130)),
    st.builds("E{:+}".format, st.integers(-(10**12), 10**12)),
)
spellings = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "+", "-"]),
    digit_runs,
    st.sampled_from(["", "."]),
    digit_runs,
    exponents,
)


@st.composite
def pairs_of_numbers(draw):
    a = draw(numbers())
    return a, draw(numbers(near=a.as_tuple().exponent))


@given(spellings)
@example("1" + "0" * 5000 + "e-5000")
@example("." + "0" * 5000 + "1e5001")
@example("9" * 38 + "e88")
@example("9" * 38 + "e-167")
def test_a_spelled_number_is_read_as_decimal_reads_it(probe, text):
    assert outcome_of(probe.call, "number-parse", text) == read_number(text)


@given(st.text("0123456789+-.eE xN\0\u0665", max_size=8))
def test_what_decimal_notation_does_not_know_is_refused(probe, text):
    assume("\0" not in text or not SPELLING.fullmatch(text))
    expected = read_number(text).split("\0")[0]
    assert outcome_of(probe.call, "number-parse", text) == expected


@given(pairs_of_numbers())
@example((Decimal("1e125"), Decimal("1e-130")))
@example((Decimal("9" * 38), Decimal(1)))
@example((Decimal("1e38"), Decimal(-1)))
@example((Decimal("1e50"), Decimal(1)))
def test_sums_and_differences_are_exact_or_refused(probe, pair):
    a, b = pair
    expected_sum = checked(EXACT.add(a, b), too_many=OVERFLOW)
    expected_difference = checked(EXACT.subtract(a, b), too_many=OVERFLOW)
    assert outcome_of(probe.call, "number-add", str(a), str(b)) == expected_sum
    assert outcome_of(probe.call, "number-subtract", str(a), str(b)) == expected_difference


@given(pairs_of_numbers())
def test_numbers_compare_as_decimals_do(probe, pair):
    a, b = pair
    expected = (a > b) - (a < b)
    assert int(probe.call("value-compare", "N", str(a), str(b))) == expected


@given(numbers())
def test_an_encoded_number_reads_back_and_ends_itself(probe, number):
    encoded = probe.call("value-encode", "N", str(number))
    assert len(encoded) <= 21
    text, used = probe.call("number-decode", encoded + b"\0more")
    assert text.decode() == number_text(number)
    assert int(used) == len(encoded)


@given(st.binary(max_size=24))
@example(b"\x80\x00")
@example(b"\x81\x00")
def test_bytes_are_a_number_only_as_they_were_encoded(probe, data):
    outcome, fields = probe.ask("number-decode", data)
    if outcome == "ok":
        assert probe.call("value-encode", "N", fields[0]) == data[: int(fields[1])]


# Keys

# One byte less than a key may have: close_lists() adds one.
PARTITIONS = {"S": strings(2047), "N": numbers(), "B": binaries(2047)}
SORTS = {"S": strings(1023), "N": numbers(), "B": binaries(1023)}


def field(value):
    return value if isinstance(value, bytes) else str(value)


def order(value):
    """What Python sorts values of a type by."""
    return value.encode() if isinstance(value, str) else value


def of_type(strategy=lambda values: values, among=PARTITIONS):
    """A type with what the strategy makes of its values."""
    return st.sampled_from(sorted(among)).flatmap(
        lambda name: st.tuples(st.just(name), strategy(among[name]))
    )


def close_lists(values):
    """Lists with members that share a beginning."""

    def with_kin(value):
        if isinstance(value, Decimal):
            return st.just([value, -value] if value else [value])
        zero, one = ("\0", "\1") if isinstance(value, str) else (b"\0", b"\1")
        kin = [value, value + zero, value + one, value[:-1] or value, value[: len(value) // 2 + 1]]
        return st.permutations(kin)

    return st.lists(values, min_size=1, max_size=4).flatmap(
        lambda several: st.tuples(*map(with_kin, several)).map(lambda kin: sum(kin, []))
    )


@given(of_type(close_lists))
def test_encoded_values_sort_as_the_values_do(probe, typed):
    kind, values = typed
    encoded = {order(v): probe.call("value-encode", kind, field(v)) for v in values}
    in_order = [encoded[value] for value in sorted(encoded)]
    assert in_order == sorted(in_order)
    assert len(set(in_order)) == len(in_order)
    for low, high in zip(in_order, in_order[1:]):
        assert not high.startswith(low)


@given(of_type(lambda values: st.tuples(values, values)))
def test_values_compare_as_their_encodings_do(probe, typed):
    kind, (a, b) = typed
    expected = (order(a) > order(b)) - (order(a) < order(b))
    assert int(probe.call("value-compare", kind, field(a), field(b))) == expected


HASH = 8  # bytes at the start of a row key


@given(of_type(close_lists), of_type(close_lists, among=SORTS))
@settings(max_examples=60)
def test_rows_sort_by_sort_key_within_their_partition(probe, partitions, sorts):
    types = partitions[0] + sorts[0]
    rows, lengths = {}, {}
    for partition in partitions[1]:
        for sort in sorts[1]:
            key = (order(partition), order(sort))
            rows[key], length = probe.call("key-encode", types, field(partition), field(sort))
            lengths[key] = int(length)
    in_order = [rows[key][HASH:] for key in sorted(rows)]
    assert in_order == sorted(in_order)
    for a, row in rows.items():
        beginning = row[: lengths[a]]
        for b in rows:
            assert rows[b].startswith(beginning) == (a[0] == b[0])


@given(of_type(), of_type(among=SORTS))
def test_a_row_key_reads_back(probe, partition, sort):
    types = partition[0] + sort[0]
    row, _ = probe.call("key-encode", types, field(partition[1]), field(sort[1]))
    for (kind, value), text in zip([partition, sort], probe.call("key-decode", types, row)):
        expected = number_text(value) if kind == "N" else field(value)
        assert text == (expected.encode() if kind != "B" else expected)


@given(of_type(), st.sampled_from("SNB"), st.binary(max_size=24), st.data())
def test_bytes_are_a_row_key_only_as_they_were_encoded(probe, partition, kind, noise, data):
    types = partition[0] + kind
    row, length = probe.call("key-encode", types, field(partition[1]), "1")
    cut = data.draw(st.integers(int(length), len(row)))
    row = row[:cut] + noise
    outcome, fields = probe.ask("key-decode", types, row)
    if outcome == "ok":
        assert probe.call("key-encode", types, *fields)[0] == row
    else:
        assert fields == [b"Malformed row key"]


@given(of_type(close_lists, among={kind: PARTITIONS[kind] for kind in "SB"}))
def test_a_prefix_is_a_range_of_encodings(probe, typed):
    kind, values = typed
    prefix = values[0]
    lower, *upper = probe.ask("key-prefix", kind, field(prefix))[1]
    for value in values:
        encoded = probe.call("value-encode", kind, field(value))
        inside = lower <= encoded and (not upper or encoded < upper[0])
        assert inside == order(value).startswith(order(prefix))


# Names

PLAIN_NAMES = {"S": string_name, "N": number_name, "B": binary_name}
SUFFIXES = {"partition": "", "item": ".json"}
suffixes = st.sampled_from(sorted(SUFFIXES))
HASHED = re.compile(r"(.*)%~([0-9a-f]{16})", re.DOTALL)


def name_of(probe, kind, suffix, value):
    return probe.call("name-encode", kind, suffix, field(value)).decode()


@given(of_type(), suffixes)
def test_every_name_is_a_good_file_name(probe, typed, suffix):
    kind, value = typed
    name = name_of(probe, kind, suffix, value)
    assert 1 <= len(name.encode()) <= 255
    assert name.endswith(SUFFIXES[suffix])
    assert name[0] not in ".-"
    assert not re.search(r"[\0-\x1f\x7f/]", name)
    assert name == name_of(probe, kind, suffix, value)


@given(of_type(), suffixes)
@example(("B", b"\0" * 2048), "item")
@example(("S", "é" * 1024), "item")
@example(("S", "/" * 2048), "partition")
def test_a_name_leads_back_to_its_key(probe, typed, suffix):
    kind, value = typed
    name = name_of(probe, kind, suffix, value)
    outcome, fields = probe.ask("name-decode", kind, suffix, name)
    plain = PLAIN_NAMES[kind](value)
    if is_over_long(plain, SUFFIXES[suffix]):
        beginning, digest = HASHED.fullmatch(name.removesuffix(SUFFIXES[suffix])).groups()
        row, _ = probe.call("key-encode", kind + "N", field(value), "1")
        assert outcome == "hashed"
        assert plain.startswith(beginning)
        assert order(value).startswith(fields[0])
        assert row[:HASH].hex() == digest
        assert len(name.encode()) >= 252
    else:
        assert name == plain + SUFFIXES[suffix]
        assert outcome == "exact"
        assert fields[0] == (number_text(value).encode() if kind == "N" else order(value))


@given(of_type(close_lists), suffixes)
def test_two_keys_have_two_names(probe, typed, suffix):
    kind, values = typed
    values = {order(value): value for value in values}
    names = {name_of(probe, kind, suffix, value) for value in values.values()}
    assert len(names) == len(values)


name_parts = st.sampled_from(
    ["%", "%2F", "%2f", "%41", "%2E", "%2D", "%00", "%FF", "%~", "~", "0123456789abcdef", "ABCDEF"]
    + [".", "-", ".json", "/", "\n", "\0", "é", "中", "a", "1", "0", "e", "+"]
)
made_names = st.one_of(
    st.lists(name_parts, max_size=6).map("".join),
    st.builds(
        lambda part, times, tail: (part * times)[:240] + tail,
        name_parts,
        st.integers(60, 240),
        st.sampled_from(["", "%~0123456789abcdef", "%~0123456789abcdef.json"]),
    ),
)


@given(st.sampled_from("SNB"), suffixes, made_names, st.booleans())
def test_a_name_is_taken_only_as_it_is_given(probe, kind, suffix, name, ended):
    name += SUFFIXES[suffix] if ended else ""
    outcome, fields = probe.ask("name-decode", kind, suffix, name)
    if outcome == "exact":
        assert name_of(probe, kind, suffix, fields[0]) == name
    elif outcome == "hashed":
        assert 252 <= len(name.encode()) <= 255
        assert kind != "N"
    elif fields:
        canonical = fields[0].decode()
        assert canonical != name
        assert probe.ask("name-decode", kind, suffix, canonical)[0] in ("exact", "hashed")


@given(st.binary(min_size=1, max_size=20), suffixes)
def test_a_name_that_is_not_utf8_is_impossible(probe, name, suffix):
    try:
        name.decode()
    except UnicodeDecodeError:
        name += SUFFIXES[suffix].encode()
        assert probe.ask("name-decode", "S", suffix, name) == ("impossible", [])
