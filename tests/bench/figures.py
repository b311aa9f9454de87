"""One figure of a measurement, and how it is written."""

import collections
import sys

# What was measured, both sides as text, and how it stands.
Row = collections.namedtuple("Row", "name peer ours ratio target reached")


def note(*words):
    print(*words, file=sys.stderr, flush=True)


def rate(count, seconds):
    return f"{count / seconds:,.0f}/s"
