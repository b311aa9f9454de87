"""Items in JSON, as people write them, against a second writer.

A model of a value is its type and what it holds. Made-up models come with one
of the texts that say them; the engine must answer with the canonical one.
"""

import base64
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from names import number_text
from properties import characters, numbers, probe

__all__ = ["probe"]  # the fixture

DESCRIPTORS = ["S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "L", "M"]
# What a map's only value is written as, where its name, a descriptor, would
# make the map something else.
MISTAKEN = {
    "S": ["S"],
    "N": ["S", "N"],
    "B": ["S"],
    "L": ["L"],
    "M": ["M", "B", "SS", "NS", "BS"],
    **dict.fromkeys(["SS", "NS", "BS", "BOOL", "NULL"], DESCRIPTORS),
}


def quoted(text):
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")


def described(kind, held):
    """A scalar as a string."""
    if kind == "N":
        return quoted(number_text(held))
    return quoted(base64.b64encode(held).decode() if kind == "B" else held)


def bracketed(opening, entries, closing, indent):
    if not entries:
        return opening + closing
    margin = "\n" + "  " * indent
    inner = ",".join(f"{margin}  {entry}" for entry in entries)
    return opening + inner + margin + closing


def typed_text(kind, held, indent):
    return bracketed("{", [f"{quoted(kind)}: {held}"], "}", indent)


def members_text(members, indent):
    entries = [f"{quoted(name)}: {canonical(m, indent + 1)}" for name, m in members.items()]
    return bracketed("{", entries, "}", indent)


def canonical(model, indent=0):
    """The rendering that model/plain.h promises."""
    kind, held = model
    if kind == "S":
        return quoted(held)
    if kind == "N":
        return number_text(held)
    if kind == "B":
        return typed_text("B", described("B", held), indent)
    if kind == "BOOL":
        return "true" if held else "false"
    if kind == "NULL":
        return "null"
    if kind == "L":
        return bracketed("[", [canonical(m, indent + 1) for m in held], "]", indent)
    if kind == "M":
        if len(held) == 1:
            [(name, (inner, _))] = held.items()
            if inner in MISTAKEN.get(name, []):
                return typed_text("M", members_text(held, indent + 1), indent)
        return members_text(held, indent)
    entries = [described(kind[0], element) for element in held]
    return typed_text(kind, bracketed("[", entries, "]", indent + 1), indent)


names = st.one_of(st.sampled_from(DESCRIPTORS + ["a", "b"]), st.text(characters, min_size=1))
names = names.filter(lambda name: "\0" not in name)
blanks = st.sampled_from(["", "", " ", "\n\t"])


def json_string(text):
    return st.sampled_from([json.dumps(text), quoted(text)])


def scalar(kind, values, text_of):
    """Models of a scalar, each with some text that says it."""

    def spelled(value):
        string = json_string(text_of(value))
        forms = [st.builds(f'{{{{"{kind}":{{}}}}}}'.format, string)]
        if kind == "S":
            forms.append(string)
        elif kind == "N":
            forms.append(st.just(str(value)))
        return st.tuples(st.just((kind, value)), st.one_of(*forms))

    return values.flatmap(spelled)


def base64_text(data):
    return base64.b64encode(data).decode()


short_strings = st.text(characters, max_size=5)


def sets(kind, values, text_of):
    def spelled(elements):
        strings = st.tuples(*(json_string(text_of(element)) for element in elements))
        texts = strings.map(lambda several: f'{{"{kind}":[{",".join(several)}]}}')
        return st.tuples(st.just((kind, elements)), texts)

    return st.lists(values, min_size=1, max_size=4, unique=True).flatmap(spelled)


leaves = st.one_of(
    scalar("S", short_strings, str),
    scalar("N", numbers(), str),
    scalar("B", st.binary(max_size=5), base64_text),
    sets("SS", short_strings, str),
    sets("NS", numbers(), str),
    sets("BS", st.binary(max_size=5), base64_text),
    st.sampled_from(
        [(("BOOL", True), "true"), (("BOOL", False), '{"BOOL":false}'), (("NULL", None), "null")]
        + [(("NULL", None), '{"NULL":true}')]
    ),
)


def lists_of(nodes):
    def spelled(entries, blank, descriptor):
        text = "[" + f"{blank},".join(text for _, text in entries) + "]"
        return ("L", [model for model, _ in entries]), f'{{"L":{text}}}' if descriptor else text

    return st.builds(spelled, st.lists(nodes, max_size=4), blanks, st.booleans())


def object_text(entries, blank):
    pairs = (f"{blank}{json.dumps(name)}{blank}:{text}" for name, (_, text) in entries.items())
    return "{" + ",".join(pairs) + blank + "}"


def model_of(entries):
    return "M", {name: model for name, (model, _) in entries.items()}


def maps_of(nodes):
    def spelled(entries, blank, descriptor):
        text = object_text(entries, blank)
        if descriptor or (len(entries) == 1 and list(entries)[0] in DESCRIPTORS):
            text = f'{{"M":{text}}}'
        return model_of(entries), text

    members = st.one_of(
        st.dictionaries(names, nodes, max_size=3),
        st.dictionaries(st.sampled_from(DESCRIPTORS), nodes, min_size=1, max_size=1),
    )
    return st.builds(spelled, members, blanks, st.booleans())


nodes = st.recursive(leaves, lambda inner: lists_of(inner) | maps_of(inner), max_leaves=8)


SAMPLES = {
    "S": "x",
    "N": Decimal(1),
    "B": b"x",
    "SS": ["x"],
    "NS": [Decimal(1)],
    "BS": [b"x"],
    "BOOL": True,
    "NULL": None,
    "L": [],
    "M": {},
}


@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("sample", SAMPLES.items(), ids=SAMPLES.keys())
def test_a_map_with_the_name_of_a_descriptor_stays_a_map(probe, name, sample):
    wrapped = f'{{"a":{{"M":{{"{name}":{canonical(sample)}}}}}}}'
    text = probe.call("item-roundtrip", wrapped).decode()
    assert text == members_text({"a": ("M", {name: sample})}, 0) + "\n"
    assert probe.call("item-roundtrip", text).decode() == text


@given(st.dictionaries(names, nodes, max_size=4), blanks)
@settings(max_examples=150)
def test_an_item_is_read_and_written_value_for_value(probe, entries, blank):
    text = probe.call("item-roundtrip", object_text(entries, blank)).decode()
    assert text == members_text(model_of(entries)[1], 0) + "\n"
    assert probe.call("item-roundtrip", text).decode() == text
    json.loads(text)
