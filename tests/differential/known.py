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


VALIDATION = "ValidationException: "
SERIALIZATION = "SerializationException: "
ENVELOPE = r"(1 validation error detected: )?"
EXPRESSION = r"Invalid \w+Expression: "
SYNTAX = VALIDATION + ENVELOPE + EXPRESSION + "Syntax error; .*"
BETWEEN_BOUNDS = EXPRESSION + "The BETWEEN operator requires upper bound .*"
OPERAND_TYPE = EXPRESSION + "Incorrect operand type for operator or function; .*"
CONFLICT = EXPRESSION + "Two document paths conflict with each other; .*"
DISTINCT = EXPRESSION + "The first operand must be distinct from the remaining operands .*"
ANY_RESULT = "(success|ConditionalCheckFailedException.*|TransactionCanceledException.*)"

KNOWN = [
    Known(
        "a syntax error names the token and what is near it, in every expression",
        ours=SYNTAX,
        dynoxide=VALIDATION
        + ENVELOPE
        + f"({EXPRESSION})?(Syntax error; )?(Expected|Unexpected|unsupported) .*",
    ),
    Known(
        "dynoxide answers with the words of the library that reads its JSON",
        ours=f"({SERIALIZATION}|{VALIDATION}).*",
        dynoxide=".*(at line [0-9]+ column [0-9]+|floating point `.*|missing field .*)",
    ),
    Known(
        "a number in JSON is a NUMBER_VALUE or a DECIMAL_VALUE, not TRUE_VALUE",
        ours=SERIALIZATION + "(NUMBER|DECIMAL|FALSE|NULL)_VALUE cannot be converted to String",
        dynoxide=SERIALIZATION + "TRUE_VALUE cannot be converted to String",
    ),
    Known(
        "two literals as bounds of BETWEEN are compared in every expression",
        ours=VALIDATION + ENVELOPE + BETWEEN_BOUNDS,
        dynoxide=ANY_RESULT,
    ),
    Known(
        "literals without an order are refused by the operators that need one",
        ours=VALIDATION + ENVELOPE + OPERAND_TYPE,
        dynoxide=ANY_RESULT,
    ),
    Known(
        "a path into a list and one into a map at the same place conflict",
        ours=VALIDATION + ENVELOPE + CONFLICT,
        dynoxide=ANY_RESULT,
    ),
    Known(
        "an operand may not be compared with itself",
        ours=VALIDATION + ENVELOPE + DISTINCT,
        dynoxide=ANY_RESULT,
    ),
    Known(
        "a filter may only name what the global secondary index projects",
        operation="Query|Scan",
        ours=VALIDATION + ".*Secondary index .* does not project one or more filter attributes.*",
    ),
    Known(
        "ConditionalOperator needs two conditions",
        ours=VALIDATION + "ConditionalOperator can(not| only) be used .*",
    ),
    Known(
        "placeholders are checked by themselves, before any expression is read",
        ours=VALIDATION
        + ENVELOPE
        + "ExpressionAttribute(Names|Values) (contains invalid (key|value): .*|must not be empty)",
    ),
    Known(
        "the record's size counts what is in the record",
        operation="State",
        paths=r"\.Found\[\]\.dynamodb\.SizeBytes",
    ),
    Known(
        "an item that was just created has no old attributes",
        operation="UpdateItem",
        paths=r"\.Attributes \(missing\)",
        request=lambda body: body.get("ReturnValues") == "ALL_OLD",
    ),
    Known(
        "a projection in TransactGetItems yields what it names and no keys",
        operation="TransactGetItems",
        paths=r"\.Responses\[\]\.Item( \(missing\)|\.\* \(missing\))",
    ),
]


def explanation(difference):
    """The number of the entry that explains a difference, or None."""
    for number, entry in enumerate(KNOWN):
        if entry.explains(difference):
            return number
    return None
