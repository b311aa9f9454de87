"""Attributes, values and keys to make requests of: few, so that requests meet.

Most values have the type that their attribute usually has; some have another
type, stand at the edge of what is allowed, or beyond it.
"""

import base64

# Attribute -> the type it usually has. "g" and "h" are there for indexes.
ATTRIBUTES = {
    "a": "S",
    "t": "S",
    "n": "N",
    "i": "N",
    "b": "B",
    "f": "BOOL",
    "z": "NULL",
    "l": "L",
    "m": "M",
    "ss": "SS",
    "ns": "NS",
    "bs": "BS",
    "g": "S",
    "h": "N",
    "name": "S",
    "size": "N",
    "Year": "N",
    "with space": "S",
    "dot.ted": "N",
    "ünï": "S",
}
RESERVED = {"name", "size", "Year"}
ODD = {"with space", "dot.ted", "ünï"}

SCALARS = ["S", "N", "B", "BOOL", "NULL"]
DOCUMENTS = ["L", "M"]
SETS = ["SS", "NS", "BS"]
KEY_TYPES = ["S", "N", "B"]

STRINGS = ["a", "b", "ab", "abc", "B", "z", "é", "😀", "0", "", "S", "N", "SS", "x" * 40]
BYTES = [b"a", b"b", b"ab", b"\xff", b"\0", b""]
NUMBERS = ["0", "1", "2", "3", "-1", "10", "2.5", "100", "-0.5"]
EDGE_NUMBERS = [
    "-0",
    "1.0",
    "1e0",
    "007",
    "+5",
    ".5",
    "5.",
    "1e+3",
    "1E-3",
    "1.10",
    "1E+125",
    "-1E+125",
    "9.9999999999999999999999999999999999999E+125",
    "1E-130",
    "12345678901234567890123456789012345678",
    "0.00000000000000000000000000000000000000000012345",
    "99999999999999999999999999999999999999",
    "100000000000000000000000000000000000000000",
    "0E+500",
]
BROKEN_NUMBERS = [
    "",
    " 1",
    "1 ",
    "NaN",
    "Infinity",
    "1e",
    "1+2",
    "1.2.3",
    "+e2",
    "--1",
    "0x10",
    "1_0",
    "abc",
    "1E+126",
    "1E-131",
    "-1E+126",
    "123456789012345678901234567890123456789",
    "1e99999999999",
    ".",
    "-",
    "٣",
]


def nested(levels):
    value = {"S": "deep"}
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


BROKEN_VALUES = [
    {},
    {"S": "a", "N": "1"},
    {"S": 1},
    {"N": 1},
    {"N": 2.5},
    {"NULL": False},
    {"NULL": "x"},
    {"BOOL": "true"},
    {"BOOL": 1},
    {"SS": []},
    {"NS": []},
    {"BS": []},
    {"SS": ["a", "a"]},
    {"SS": ["a", "b", "a"]},
    {"NS": ["1", "1.0"]},
    {"NS": ["1", "x"]},
    {"BS": ["YQ==", "YQ=="]},
    {"SS": ["a", 1]},
    {"SS": [None]},
    {"SS": "a"},
    {"L": {}},
    {"L": "a"},
    {"M": []},
    {"L": [{}]},
    {"M": {"a": {}}},
    {"M": {"": {"S": "a"}}},
    {"L": [None]},
    {"M": {"a": None}},
    {"X": "1"},
    {"s": "a"},
    {"B": "!!"},
    {"B": "YQ"},
    {"B": 1},
    {"S": None},
    {"S": None, "N": "1"},
    {"L": [{"SS": []}]},
    {"M": {"a": {"N": "x"}}},
    None,
    "a",
    1,
    True,
    [],
    nested(31),
    nested(32),
    nested(33),
]


def encoded(data):
    return base64.b64encode(data).decode()


def number(rng):
    return rng.choice(EDGE_NUMBERS if rng.random() < 0.1 else NUMBERS)


def value(rng, kind=None, depth=0):
    """A good value of type "kind", or of any."""
    kind = kind or rng.choice(SCALARS + SETS + DOCUMENTS)
    match kind:
        case "S":
            return {"S": rng.choice(STRINGS)}
        case "N":
            return {"N": number(rng)}
        case "B":
            return {"B": encoded(rng.choice(BYTES))}
        case "BOOL":
            return {"BOOL": rng.random() < 0.5}
        case "NULL":
            return {"NULL": True}
        case "SS":
            return {"SS": rng.sample(STRINGS, rng.randint(1, 3))}
        case "NS":
            return {"NS": rng.sample(NUMBERS, rng.randint(1, 3))}
        case "BS":
            return {"BS": [encoded(data) for data in rng.sample(BYTES, rng.randint(1, 3))]}
        case "L":
            return {"L": [inner(rng, depth) for _ in range(rng.randint(0, 3))]}
        case "M":
            names = rng.sample(["a", "b", "c", "l", "m", "n"], rng.randint(0, 3))
            return {"M": {name: inner(rng, depth, name) for name in names}}


def inner(rng, depth, name=None):
    usual = ATTRIBUTES.get(name) if rng.random() < 0.7 else None
    if depth >= 2:
        usual = rng.choice(SCALARS)
    return value(rng, usual, depth + 1)


def broken_value(rng):
    if rng.random() < 0.4:
        return {"N": rng.choice(BROKEN_NUMBERS)}
    return rng.choice(BROKEN_VALUES)


def value_for(rng, name, types=ATTRIBUTES):
    """What a request may give attribute "name": mostly its usual type."""
    dice = rng.random()
    if dice < 0.015:
        return broken_value(rng)
    return value(rng, types.get(name) if dice < 0.95 else None)


def item_size_filler(rng):
    """A string about as long as an item may be."""
    return {"S": "f" * (409_600 - rng.choice([0, 5, 10, 20, 30, 40, 100, 1000]))}


# Keys

KEY_VALUES = {
    "S": [{"S": "a"}, {"S": "b"}, {"S": "é"}],
    "N": [{"N": "1"}, {"N": "2"}, {"N": "-1.5"}],
    "B": [{"B": encoded(b"a")}, {"B": encoded(b"b")}, {"B": encoded(b"\xff")}],
}
SORT_VALUES = {
    "S": [{"S": text} for text in ("a", "ab", "abc", "b", "Z", "é")],
    "N": [{"N": text} for text in ("-10", "-1", "0", "1", "2.5", "1E+20")],
    "B": [{"B": encoded(data)} for data in (b"a", b"ab", b"\0", b"\xff", b"b")],
}
SAME_NUMBERS = [{"N": "1.0"}, {"N": "1e0"}, {"N": "01"}]
EMPTY = {"S": {"S": ""}, "B": {"B": ""}}
LONG = {2048: "k" * 2048, 2049: "k" * 2049, 1024: "k" * 1024, 1025: "k" * 1025}


def long_value(rng, kind):
    text = LONG[rng.choice(list(LONG))]
    return {"B": encoded(text.encode())} if kind == "B" else {"S": text}


def key_value(rng, kind, pool):
    """A value for a key attribute of type "kind": good ones, and a few that are not."""
    dice = rng.random()
    if dice < 0.96:
        return rng.choice(pool[kind])
    if dice < 0.97:
        return value(rng)
    if dice < 0.975:
        return broken_value(rng)
    if kind == "N":
        return rng.choice(SAME_NUMBERS)
    return EMPTY[kind] if dice < 0.99 else long_value(rng, kind)
