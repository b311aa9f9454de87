"""What two answers have in common, and how they differ.

canonical() takes out of an answer what no two servers share: identities, dates,
regions, and the order of what has none. What then differs is a Difference. Two
differences with the same signature come of the same cause, as far as one can
tell from outside.
"""

import collections
import dataclasses
import json
import re

import vocabulary as words

ARN = re.compile(r"arn:aws:dynamodb:[^:]*:\d*:")
LABEL = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+")
LISTS = re.compile(r"(\[|\{)([^\[\]{}]*)(\]|\})")
DROPPED = {
    "TableId",
    "CreationDateTime",
    "LatestStreamLabel",
    "LatestStreamArn",
    "LastUpdateToPayPerRequestDateTime",
    "LastIncreaseDateTime",
    "LastDecreaseDateTime",
    "LastUpdateDateTime",
    "RevisionId",
    "ApproximateCreationDateTime",
    "SequenceNumber",
    "eventID",
    "awsRegion",
}
STATES = {"TableStatus", "IndexStatus"}
UNORDERED = {"AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "Tags"}
UNORDERED |= {"NonKeyAttributes"}


def text_of(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def canonical(request, answer):
    body = answer.body
    if answer.refused:
        return plain_exception(body)
    if not isinstance(body, dict):
        return body
    body = plain(body)
    if request.operation in ("Query", "Scan", "ExecuteStatement"):
        page(request, body)
    if request.operation == "BatchGetItem":
        for table, found in body.get("Responses", {}).items():
            body["Responses"][table] = sorted(found, key=text_of)
    if isinstance(body.get("ConsumedCapacity"), list):
        body["ConsumedCapacity"].sort(key=text_of)
    return body


def plain(value):
    """A JSON value without what is the server's own, and with sets in order."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, members),) = value.items()
            if kind in words.SETS and isinstance(members, list):
                return {kind: sorted(members, key=text_of)}
        return {
            name: arranged(name, plain(inside))
            for name, inside in value.items()
            if name not in DROPPED
        }
    if isinstance(value, list):
        return [plain(inside) for inside in value]
    if isinstance(value, str):
        return LABEL.sub("LABEL", ARN.sub("arn:", value))
    return value


def arranged(name, value):
    if name in UNORDERED and isinstance(value, list):
        return sorted(value, key=text_of)
    if name in STATES and value in ("CREATING", "UPDATING"):
        return "ACTIVE"
    return value


def plain_exception(body):
    if not isinstance(body, dict):
        return body
    body = plain(body)
    for name in "message", "Message":
        if isinstance(body.get(name), str):
            body[name] = sorted_lists(body[name])
    return body


def sorted_lists(message):
    """Names listed in a message come in any order."""
    return LISTS.sub(
        lambda found: found[1] + ", ".join(sorted(found[2].split(", "))) + found[3], message
    )


# Members of a page that depend on which items a server finds first.
PARTIAL = ["Items", "Count", "ScannedCount", "Pages", "ConsumedCapacity", "LastEvaluatedKey"]


def page(request, body):
    """Takes out of a page the order that only one server has."""
    items = body.get("Items")
    partial = not request.walk and ("LastEvaluatedKey" in body or "NextToken" in body)
    if request.operation == "ExecuteStatement":
        partial = partial or not request.walk and "Limit" in request.body
    for name in "LastEvaluatedKey", "NextToken":
        if name in body:
            body[name] = "some"
    if request.operation == "ExecuteStatement":
        body.pop("Pages", None)
    started = isinstance(request.body, dict) and "ExclusiveStartKey" in request.body
    segment = isinstance(request.body, dict) and "TotalSegments" in request.body
    ordered = request.operation == "Query" and not request.body.get("IndexName")
    if (partial or started or segment) and not ordered:
        for name in PARTIAL:
            body.pop(name, None)
        return
    if items is not None and not ordered:
        body["Items"] = sorted(items, key=text_of)


# Differences


@dataclasses.dataclass
class Difference:
    request: object
    answers: dict  # server -> Answer
    ours: object  # canonical
    theirs: object
    history: list

    @property
    def paths(self):
        return sorted(set(differing(self.ours, self.theirs)))

    @property
    def signature(self):
        pair = [self.answers["ours"], self.answers["dynoxide"]]
        outcomes = [outline(answer.outcome) for answer in pair]
        if outcomes[0] == outcomes[1]:
            outcomes = [outcomes[0], "in " + ", ".join(self.paths)]
        return (self.request.operation, *outcomes)


def differing(ours, theirs, path=""):
    """The paths at which two JSON values differ, items and positions left out."""
    if type(ours) is type(theirs) is dict:
        for name in {**ours, **theirs}:
            here = f"{path}.{'*' if known_name(name) else name}"
            if name not in ours:
                yield f"{here} (missing)"
            elif name not in theirs:
                yield f"{here} (extra)"
            else:
                yield from differing(ours[name], theirs[name], here)
    elif type(ours) is type(theirs) is list:
        if len(ours) != len(theirs):
            yield f"{path} ({'fewer' if len(ours) < len(theirs) else 'more'})"
        else:
            for one, other in zip(ours, theirs):
                yield from differing(one, other, f"{path}[]")
    elif ours != theirs or type(ours) is not type(theirs):
        yield path


NAMES = {*words.ATTRIBUTES, "pk", "sk", "c", "i-0", "i-1", "i-2"}
TABLE = re.compile(r"\br\d+[a-c]\b|extra[._][abc]")


def known_name(name):
    return name in NAMES or TABLE.fullmatch(name)


QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|\{[^}]*\}|<<?[^>]*>")
WORD = re.compile(r"(?<![\w])(?:[:#]?[\w.\-#:]*\d[\w.\-:#]*|[:#]\w+)")
LONGEST_FIRST = "|".join(re.escape(name) for name in sorted(NAMES, key=len, reverse=True))
NAME = re.compile(rf"(?<=[ :])(?:{LONGEST_FIRST})(?=[ ,.;]|$)")
NEAR = re.compile(r"(token: |near: ).*$", re.DOTALL)


def outline(outcome):
    """An outcome without what the request had put into it."""
    outcome = NEAR.sub(r"\1...", outcome)
    while (shorter := QUOTED.sub("…", outcome)) != outcome:
        outcome = shorter
    outcome = TABLE.sub("TABLE", outcome)
    outcome = WORD.sub("…", outcome)
    return NAME.sub("…", outcome)[:300]


def same_state(one, other):
    """Whether two lists of items hold the same, and what only one of them has."""
    counts = collections.Counter(text_of(plain(item)) for item in one)
    counts.subtract(text_of(plain(item)) for item in other)
    return {text: count for text, count in counts.items() if count}
