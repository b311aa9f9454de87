"""Thousands of movies: the tutorials' sample set when it lies beside the
checkout (see its README), otherwise a set made here, of the same shape and
size and with more awkward titles. DYNAMOUNT_TEST_MOVIES=made asks for ours.
"""

import functools
import gzip
import json
import os
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

from mounting import SOURCE, read

SAMPLE = SOURCE.parent / "shared" / "data" / "moviedata.json.gz"
SCHEMA = "year:N title:S"
COUNT = 4608
SEED = 20131127

# How a shell spells the name of a movie's file: for the titles at hand, the
# escapes of '%', '/', control bytes and a leading '.' or '-'.
JQ_NAME = r"""
def digit: . as $n | "0123456789ABCDEF"[$n:$n + 1];
def hex: (. / 16 | floor | digit) + (. % 16 | digit);
def escaped: explode | map(if . == 37 or . == 47 or . < 32 or . == 127
	then "%" + hex else [.] | implode end) | add;
def name: escaped | if test("^[.-]") then "%" + (explode[0] | hex) + .[1:] else . end;
"""

AWKWARD_TITLES = [
    "Face/Off", "V/H/S/2", "50/50", "/", "//", "100% Wolf", "%", "%2F", "%41", "%~0123456789abcdef",
    "10,000 BC", ",", ",,", ".", "..", "...", "..json", ".hidden", ".info", ".schema", ".export",
    "-", "--", "-rf", "--help", "~", "Rush~", "#Rush#", ".#Rush", "4913", "sedAbC123",
    "x.json", "x.json.json", ".json", "x.tmp", ".x.json.swp", "a\tb", "a\nb", "\x01\x1f\x7f",
    " leading", "trailing ", "  ", "two  blanks", "*", "?", "[a-z]*", "$HOME", "`id`", "$(id)",
    "it's", 'say "hi"', "back\\slash", "&&", ";", "|", "<in >out", "!", "#", "\\n",
    "Amélie", "Ame\u0301lie", "千と千尋の神隠し", "Москва слезам не верит", "🎬🍿", "\u202eRTL", "\ufeffBOM",
    "\u00a0", "İstanbul", "ﬁ", "con", "nul", "0", "1e3", "null", "true", "x" * 250, "é" * 125,
]
WORDS = "the a last first dark blue man woman night return of and city love war star road home".split()


def made_movie(rng, year, title):
    return {
        "year": Decimal(year),
        "title": title,
        "info": {
            "directors": [f"Director {rng.randrange(900)}"],
            "release_date": f"{year}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}T00:00:00Z",
            "rating": Decimal(rng.randrange(0, 101)) / 10,
            "genres": rng.sample(["Action", "Comédie", "Drama", "Sci/Fi", "Sport"], rng.randrange(4)),
            "plot": " ".join(rng.choices(WORDS, k=rng.randrange(5, 60))).capitalize() + ".",
            "rank": Decimal(rng.randrange(1, 5001)),
            "running_time_secs": Decimal(60 * rng.randrange(20, 240)),
            "actors": [f"Actor \"{n}\" O'Hara" for n in rng.sample(range(5000), rng.randrange(4))],
            "empty": rng.choice(["", [], {}, None, True, False]),
        },
    }


def made_movies():
    rng = random.Random(SEED)
    found = {}
    for title in AWKWARD_TITLES:
        found[(1900, title)] = made_movie(rng, 1900, title)
    while len(found) < COUNT:
        year = rng.randrange(1920, 2015)
        title = " ".join(rng.choices(WORDS, k=rng.randrange(1, 7))).title()
        found.setdefault((year, title), made_movie(rng, year, title))
    return list(found.values())


def loads(text):
    """Every number as an exact Decimal."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def dumps(value):
    """The reverse of loads(), on one line."""

    def encode(part):
        if isinstance(part, Decimal):
            return str(part)
        if isinstance(part, dict):
            members = (f"{json.dumps(k, ensure_ascii=False)}:{encode(v)}" for k, v in part.items())
            return "{" + ",".join(members) + "}"
        if isinstance(part, list):
            return "[" + ",".join(map(encode, part)) + "]"
        return json.dumps(part, ensure_ascii=False)

    return encode(value)


@functools.cache
def movies():
    if SAMPLE.exists() and os.environ.get("DYNAMOUNT_TEST_MOVIES") != "made":
        return loads(gzip.decompress(SAMPLE.read_bytes()))
    return made_movies()


def by_key(items):
    found = {(item["year"], item["title"]): item for item in items}
    assert len(found) == len(items)
    return found


def per_year(items):
    return Counter(str(item["year"]) for item in items)


def write_array(path):
    """All movies as one JSON array."""
    Path(path).write_text("[" + ",\n".join(map(dumps, movies())) + "]")


def write_lines(path, items=None):
    """JSON Lines."""
    lines = map(dumps, movies() if items is None else items)
    Path(path).write_text("".join(line + "\n" for line in lines))


def stored(table):
    """Every item that the directory shows, by key; two files never share one."""
    items = []
    for year in os.scandir(table):
        for file in os.scandir(year.path):
            items.append(loads(read(file.path)))
    return by_key(items)


def differences(found, expected, limit=5):
    """What tells two dictionaries apart, briefly; [] when nothing does."""
    keys = [key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)]
    return [(key, found.get(key), expected.get(key)) for key in keys[:limit]]
