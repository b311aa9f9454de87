"""What the property tests share: the process that they ask, and made-up values.

Examples are the same in every run. Values are those that a table can hold: a
str for S, a Decimal for N, bytes for B.
"""

import subprocess
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

import pytest
from hypothesis import assume, configuration, settings
from hypothesis import strategies as st

from mounting import BUILD, SCRATCH_ROOT, environment

configuration.set_hypothesis_home_dir(SCRATCH_ROOT / "hypothesis")
settings.register_profile(
    "properties", derandomize=True, deadline=None, database=None, max_examples=150
)
settings.load_profile("properties")

EXACT = Context(prec=1000, Emax=MAX_EMAX, Emin=MIN_EMIN)
DIGITS = 38
LARGEST, SMALLEST = 125, -130  # powers of ten of the first digit


class Refused(Exception):
    pass


class Probe:
    """The process behind the functions; fields are bytes, or text for them."""

    def __init__(self, directory):
        self.errors = directory / "probe.log"
        with open(self.errors, "wb") as log:
            self.process = subprocess.Popen(
                [BUILD / "tests" / "unit" / "probe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(directory),
            )

    def ask(self, command, *fields):
        """The outcome and its fields, as they are."""
        fields = [f.encode() if isinstance(f, str) else f for f in fields]
        request = " ".join([command, *(field.hex() for field in fields)])
        self.process.stdin.write(request.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.endswith(b"\n"), self.errors.read_text()
        outcome, *fields = answer[:-1].decode().split(" ")
        return outcome, [bytes.fromhex(field) for field in fields]

    def call(self, command, *fields):
        """The fields of a success; one alone is not in a list."""
        outcome, fields = self.ask(command, *fields)
        if outcome == "error":
            raise Refused(fields[0].decode())
        assert outcome == "ok"
        return fields[0] if len(fields) == 1 else fields

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0, self.errors.read_text()
        assert self.errors.read_text() == ""


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    probe = Probe(tmp_path_factory.mktemp("probe"))
    yield probe
    probe.close()


@st.composite
def numbers(draw, near=None):
    """Any value that DynamoDB can store, as a Decimal."""
    digits = draw(st.integers(1, DIGITS))
    coefficient = draw(st.integers(0, 10**digits - 1))
    least = SMALLEST - len(str(coefficient)) + 1
    most = LARGEST - len(str(coefficient)) + 1
    if near is not None:
        least, most = max(least, near - 40), min(most, near + 40)
    assume(least <= most)
    exponent = draw(st.integers(least, most))
    sign = draw(st.sampled_from([0, 1])) if coefficient else 0
    return Decimal((sign, tuple(map(int, str(coefficient))), exponent))


characters = st.one_of(
    st.sampled_from("/%.-~,_ \0\x01\n\x1f\x7faéß€中🎬\uffff\U0010ffff"),
    st.characters(blacklist_categories=["Cs"]),
)


@st.composite
def strings(draw, limit):
    """Mostly short; some just about as long as names can be, some far longer."""
    text = draw(st.text(characters, min_size=1, max_size=12))
    times = draw(st.sampled_from([1, 1, 1, 20, 30, 60, 120, 250, 2048]))
    text = text * times + draw(st.text(characters, max_size=4))
    text = text[: draw(st.sampled_from([limit, limit, 229, 232, 236, 237, 250, 251, 255]))]
    return text.encode()[:limit].decode(errors="ignore")


@st.composite
def binaries(draw, limit):
    data = draw(
        st.one_of(
            st.binary(min_size=1, max_size=20),
            st.lists(st.sampled_from(b"\0\x01\xfe\xff"), min_size=1, max_size=8).map(bytes),
        )
    )
    return (data * draw(st.sampled_from([1, 1, 1, 8, 16, 60, 1024])))[:limit]
