"""Where dynoxide answers otherwise than we do, and why ours is right.

An entry matches a difference by operation, by our outcome and by dynoxide's;
all three are regular expressions that must match as a whole (an outcome is
"success" or "Exception: message"). When both succeeded, "paths" must match each
place at which the answers differ.
"""

import dataclasses
import re


@dataclasses.dataclass
class Known:
    why: str
    operation: str = ".*"
    ours: str = ".*"
    dynoxide: str = ".*"
    paths: str = ".*"
    request: object = None  # a function of the request's body, when the answers do not tell

    def explains(self, difference):
        ours, dynoxide = difference.answers["ours"], difference.answers["dynoxide"]
        pairs = [
            (self.operation, difference.request.operation),
            (self.ours, ours.outcome),
            (self.dynoxide, dynoxide.outcome),
        ]
        if ours.outcome == dynoxide.outcome:
            pairs += [(self.paths, path) for path in difference.paths]
        return all(re.fullmatch(pattern, text, re.DOTALL) for pattern, text in pairs) and (
            self.request is None or self.request(difference.request.body)
        )


KNOWN = []


def explanation(difference):
    """The number of the entry that explains a difference, or None."""
    for number, entry in enumerate(KNOWN):
        if entry.explains(difference):
            return number
    return None
