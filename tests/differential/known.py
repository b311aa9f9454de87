"""Where dynoxide answers otherwise than we do, and why ours is right.

An entry matches a difference by operation, by our outcome and by dynoxide's;
all three are regular expressions that must match as a whole (an outcome is
"success" or "Exception: message"). When both are the same, the answers differ in
their bodies, and "paths" must match each place where they do.
"""

import collections
import dataclasses
import re

from compare import text_of
from rounds import only_removing


@dataclasses.dataclass
class Known:
    why: str
    operation: str = ".*"
    ours: str = ".*"
    dynoxide: str = ".*"
    paths: str | None = None
    request: object = None  # a function of the request's body, when the answers do not tell
    difference: object = None  # a function of the difference, when that does not either

    def explains(self, difference):
        ours, dynoxide = difference.answers["ours"], difference.answers["dynoxide"]
        pairs = [
            (self.operation, difference.request.operation),
            (self.ours, ours.outcome),
            (self.dynoxide, dynoxide.outcome),
        ]
        if ours.outcome == dynoxide.outcome:
            pairs += [(self.paths or "nowhere", path) for path in difference.paths]
        elif self.paths:
            return False
        return (
            all(re.fullmatch(pattern, text, re.DOTALL) for pattern, text in pairs)
            and (self.request is None or self.request(difference.request.body))
            and (self.difference is None or self.difference(difference))
        )


VALIDATION = "ValidationException: "
SERIALIZATION = "SerializationException: "
CANCELED = "TransactionCanceledException: "
ENVELOPE = r"(1 validation error detected: )?"
EXPRESSION = r"Invalid \w+Expression: "
ANY_RESULT = "(success|ConditionalCheckFailedException.*|TransactionCanceledException.*)"

# What a request is checked for, in the order in which it is; a request with
# several faults is told of the first. An outcome belongs to the first of these
# that it matches.
STAGES = [
    ("serialization", SERIALIZATION),
    ("constraints", VALIDATION + r"\d+ validation errors? detected: Value"),
    (
        "key of the table",
        VALIDATION
        + "(The provided key element does not match the schema"
        + "|The provided starting key|The provided exclusive start key"
        + "|One or more parameter values were invalid: (Size of hashkey|Aggregated size"
        + "|Type mismatch for|Missing the key|Cannot update attribute)"
        + "|One or more parameter values are not valid"
        + "|Provided list of item keys contains duplicates"
        + "|Transaction request cannot include multiple operations"
        + "|.*does not project|The table does not have the specified index"
        + "|Filter Expression can only contain|.*Select type ALL_ATTRIBUTES"
        + "|Consistent reads are not supported|Query condition missed|Query key condition)",
    ),
    (
        "item",
        VALIDATION
        + "(The provided expression refers to an attribute that does not exist in the item"
        + "|The document path provided in the update expression is invalid for update"
        + "|An operand in the update expression has an incorrect data type"
        + "|Item size|Number overflow|Attempting to store more"
        + "|list_append requires|Operands for)",
    ),
    ("names and values", VALIDATION + ENVELOPE + "Value provided in ExpressionAttribute"),
    ("expression", VALIDATION + ENVELOPE + "(" + EXPRESSION + "|.*ExpressionAttribute)"),
    ("request", VALIDATION),
    ("table", "ResourceNotFoundException"),
    ("item", "(ConditionalCheckFailed|TransactionCanceled)Exception"),
]
ORDER = [
    "serialization",
    "constraints",
    "request",
    "expression",
    "names and values",
    "table",
    "key of the table",
    "item",
]


# Parameters and expressions of a request are not read in one order by all.
PARAMETERS = ["request", "expression", "names and values"]
TOGETHER = {ORDER.index(name): "parameters" for name in PARAMETERS}


def stage(outcome):
    """The place in ORDER of what an outcome complains of."""
    for name, pattern in STAGES:
        if re.match(pattern, outcome, re.DOTALL):
            return ORDER.index(name)
    return len(ORDER)


# Faults that every server tells in the same words (but for what is quoted).
FAULTS = [
    "Can not use both expression and non-expression parameters",
    "Supplied AttributeValue is empty",
    "Supplied AttributeValue has more than one datatypes set",
    "The parameter cannot be converted to a numeric value",
    "Number (over|under)flow|Attempting to store more than 38",
    "One or more parameter values were invalid: ADD action is not supported",
    "One or more parameter values were invalid: DELETE action with value",
    "One or more parameter values were invalid: Only DELETE action is allowed",
    "One or more parameter values were invalid: An (string|number|binary) set  may not be empty",
    "One or more parameter values were invalid: Input collection",
    "One or more parameter values were invalid: ComparisonOperator",
    "One or more parameter values were invalid: Invalid number of argument",
    "One or more parameter values were invalid: Null attribute value",
    "ReturnValues can only be",
    "Value '.*' at 'returnValues' failed",
    "ALL_PROJECTED_ATTRIBUTES can be used only",
    "Must specify the AttributesToGet or ProjectionExpression",
    "Cannot specify the (AttributesToGet|ProjectionExpression)",
    "The (Total)?Segments? parameter",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "Value provided in ExpressionAttribute",
    EXPRESSION + "Syntax error",
    "(" + EXPRESSION + ")?(Expected|Unexpected|unsupported)",
    EXPRESSION + "The expression can not be empty",
    EXPRESSION + "The expression has redundant parentheses",
    EXPRESSION + "Expression size has exceeded",
    EXPRESSION + "The BETWEEN operator requires upper",
    EXPRESSION + "The BETWEEN operator requires same",
    EXPRESSION + "Incorrect operand type.*(ADD|DELETE)",
    EXPRESSION + "Incorrect operand type.*(<|>|BETWEEN)",
    EXPRESSION + "Incorrect operand type.*list_append",
    EXPRESSION + "Incorrect operand type.*: [+-]",
    EXPRESSION + "Incorrect operand type.*(begins_with|contains)",
    EXPRESSION + "Incorrect number of operands",
    EXPRESSION + "Two document paths overlap",
    EXPRESSION + "Two document paths conflict",
    "Either the KeyConditions or KeyConditionExpression parameter must be",
    "One or more parameter values were invalid: AttributeValues inside",
    "An attribute name may not be empty|.*An attribute name may not be empty",
    EXPRESSION + "Invalid attribute type name",
    EXPRESSION + "Invalid function name",
    EXPRESSION + "The function is not allowed",
    EXPRESSION + "The IN operator",
    EXPRESSION + "The first operand must be distinct",
    "Key attributes must be scalars",
    "One or more parameter values were invalid: Value (must be provided|cannot be used) when",
    EXPRESSION + "Incorrect operand type.*!=",
    EXPRESSION + "KeyConditionExpressions cannot have",
    "Cannot convert partition key value",
    "Query filter contains a sort key condition",
    "Unsupported KeyConditions",
    "The BETWEEN condition was provided a range",
    f"({EXPRESSION})?An expression attribute (name|value) used",
    f"({EXPRESSION})?Attribute name is a reserved keyword",
    f"{EXPRESSION}The .* section can only be used once",
    "Transaction request cannot include multiple operations",
    ".*Select type ALL_ATTRIBUTES is not supported",
    "One or more parameter values were invalid: Value or AttributeValueList",
    "list_append requires|Operands for",
    "The provided (starting|exclusive start) key",
    "The provided key element does not match",
    "One or more parameter values are not valid. A value specified for a secondary index key",
    "One or more parameter values are not valid. The AttributeValue for a key attribute",
    "One or more parameter values were invalid: Size of hashkey",
    "One or more parameter values were invalid: Aggregated size",
    "One or more parameter values were invalid: Type mismatch for key",
    "One or more parameter values were invalid: Type mismatch for Index Key",
    "Filter Expression can only contain non-primary key",
    "Query condition missed key schema element",
    "The provided expression refers to an attribute that does not exist",
    "An operand in the update expression",
    "The document path provided in the update expression",
]


# Those of them that several members of a request can have, each with its own details.
REPEATED = [
    number
    for number, pattern in enumerate(FAULTS)
    if re.search(
        "action|ComparisonOperator|Type mismatch|Filter Expression|attribute .name|set  may not",
        pattern,
    )
]


def fault(outcome):
    """The number of the fault that an outcome tells of, or None."""
    for number, pattern in enumerate(FAULTS):
        if re.match(VALIDATION + ENVELOPE + "(" + pattern + ")", outcome, re.DOTALL):
            return number
    return None


def two_faults(difference):
    """Whether two faults of the same kind are told, each in the words that all use for it."""
    outcomes = [difference.answers[name].outcome for name in ("ours", "dynoxide")]
    faults = [fault(outcome) for outcome in outcomes]
    return (
        None not in faults
        and faults[0] != faults[1]
        and len({TOGETHER.get(stage(outcome), stage(outcome)) for outcome in outcomes}) == 1
    )


def one_fault(difference):
    """Whether both tell of the same fault, but in another member."""
    ours, theirs = (fault(difference.answers[name].outcome) for name in ("ours", "dynoxide"))
    return ours is not None and ours == theirs and ours in REPEATED


# What dynoxide says of PartiQL that it does not read, and that there is.
UNREAD = (
    "Statement wasn't well formed, can't be processed: "
    "(Unknown operator|Unexpected value token|Expected|Unterminated|Empty statement|Unexpected)"
    "|(UPDATE|DELETE) (requires|does not support)"
    "|Parameter index [0-9]+ out of range"
)


def unread(difference):
    """Whether dynoxide could not read a statement, alone or in a batch."""
    return re.search(UNREAD, text_of(difference.theirs))


def padded(difference):
    """Whether dynoxide filled a list with nulls up to the index that was set."""
    return '[{"NULL": true}, {"NULL": true}' in text_of(difference.theirs)


def more_records(difference):
    """Whether dynoxide's stream has ours, and beside it records of changes to the same items."""
    if difference.request.operation != "State":
        return False
    ours, theirs = (
        collections.Counter(text_of(sizeless(record)) for record in found["Found"])
        for found in (difference.ours, difference.theirs)
    )
    return not ours - theirs and all('"MODIFY"' in text for text in theirs - ours)


def sizeless(record):
    inside = dict(record.get("dynamodb", {}))
    inside.pop("SizeBytes", None)
    return {**record, "dynamodb": inside}


def has_wild_number(body):
    """Whether a request holds a number that is out of range."""
    return re.search(r'"-?1[eE][+-]?(126|131|99999999999)"', text_of(body))


def ours_is_first(difference):
    """Whether both refused, and we told of a fault that is looked for earlier."""
    ours, dynoxide = difference.answers["ours"], difference.answers["dynoxide"]
    return ours.refused and dynoxide.refused and stage(ours.outcome) < stage(dynoxide.outcome)


KNOWN = [
    Known(
        "a syntax error names the token and what is near it, in every expression",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Syntax error; .*",
        dynoxide=VALIDATION
        + ENVELOPE
        + f"({EXPRESSION})?(Syntax error; )?(Expected|Unexpected|unsupported) .*",
    ),
    Known(
        "a transaction's expressions are read before any of its conditions is tried",
        operation="TransactWriteItems",
        ours=VALIDATION + ".*",
        dynoxide=CANCELED + ".*",
    ),
    Known(
        "dynoxide answers with the words of the library that reads its JSON",
        ours=f"({SERIALIZATION}|{VALIDATION}).*",
        dynoxide=".*(at line [0-9]+ column [0-9]+|floating point `.*|missing field .*"
        "|expected (string|array|boolean|map|struct) .*)",
    ),
    Known(
        "a fraction where an integer belongs is cut off",
        dynoxide=SERIALIZATION + "floating point `.*",
    ),
    Known(
        "a number in JSON is a NUMBER_VALUE or a DECIMAL_VALUE, not TRUE_VALUE",
        ours=SERIALIZATION + ".*",
        dynoxide=SERIALIZATION + "TRUE_VALUE cannot be converted to String",
    ),
    Known(
        "two literals as bounds of BETWEEN are compared in every expression",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "The BETWEEN operator requires upper bound .*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "numbers in messages stand as they are stored",
        operation="Query",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "The BETWEEN operator requires upper bound .*",
        dynoxide=VALIDATION + ENVELOPE + EXPRESSION + "The BETWEEN .*",
    ),
    Known(
        "literals without an order are refused by the operators that need one",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Incorrect operand type for operator .*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "a literal without an order is told before that the bounds' types differ",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Incorrect operand type .*: BETWEEN, .*",
        dynoxide=VALIDATION + ENVELOPE + EXPRESSION + "The BETWEEN operator requires same .*",
    ),
    Known(
        "ADD and DELETE name the set of types they take",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Incorrect operand .*_OPERAND",
        dynoxide=VALIDATION + ENVELOPE + EXPRESSION + "Incorrect operand .*",
    ),
    Known(
        "operators and functions name the type of an operand as attribute values do",
        ours=VALIDATION + ENVELOPE + EXPRESSION + r"Incorrect operand .*operand type: [A-Z]+",
        dynoxide=VALIDATION + ENVELOPE + EXPRESSION + r"Incorrect operand .*operand type: [A-Z]+",
    ),
    Known(
        "what is not defined is told with the expression it is missing in",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "An expression attribute .* is not defined.*",
        dynoxide=VALIDATION + ENVELOPE + "An expression attribute .* is not defined.*",
    ),
    Known(
        "a path into a list and one into a map at the same place conflict",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Two document paths conflict .*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "no paths of a request may overlap, in a transaction either",
        operation="Transact.*",
        ours=VALIDATION + EXPRESSION + "Two document paths overlap .*",
    ),
    Known(
        "an operand may not be compared with itself",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "The first operand must be distinct .*",
    ),
    Known(
        "what is unused is told whether or not the condition holds",
        ours=VALIDATION + ENVELOPE + "Value provided in ExpressionAttribute(Names|Values) unused.*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "a function has its number of operands and its place, in every expression",
        ours=VALIDATION
        + ENVELOPE
        + EXPRESSION
        + "(The function is not allowed|Incorrect number of operands|Invalid function name).*",
    ),
    Known(
        "a filter may only name what the global secondary index projects",
        operation="Query|Scan",
        ours=VALIDATION + ".*econdary index .* does not project .*",
    ),
    Known(
        "key attributes of table and indexes have nothing inside",
        ours=VALIDATION + "Key attributes must be scalars; .*",
    ),
    Known(
        "ConditionalOperator needs two conditions",
        ours=VALIDATION + "ConditionalOperator can(not| only) be used .*",
    ),
    Known(
        "placeholders are checked by themselves, before any expression is read",
        ours=VALIDATION
        + ENVELOPE
        + "ExpressionAttribute(Names|Values) "
        + "(contains invalid (key|value): .*|must not be empty|can only be specified .*)",
    ),
    Known(
        "DeleteItem's ReturnValues knows all five values, and refuses three in words",
        operation="DeleteItem",
        ours=VALIDATION + ".*",
        dynoxide=VALIDATION + "1 validation error detected: Value .* at 'returnValues' .*",
    ),
    Known(
        "a start key must lie in the queried partition and match the condition",
        operation="Query",
        ours=VALIDATION + "The provided (starting key|exclusive start key) .*",
    ),
    Known(
        "keys are measured and may not be empty, in reads and batches too",
        ours=VALIDATION
        + "One or more parameter values (were invalid: (Size of hashkey|Aggregated size) .*"
        + "|are not valid. The AttributeValue for a key attribute cannot .*)",
        dynoxide="success",
    ),
    Known(
        "a key condition is what a query can seek, in the words of the service",
        operation="Query",
        ours=VALIDATION
        + "(Invalid operator used in KeyConditionExpression: .*"
        + "|KeyConditionExpressions (cannot contain nested|must only contain one) .*"
        + "|Query (key condition not supported|condition missed key schema element.*)"
        + "|Attempted conditional constraint is not an indexable operation"
        + "|Conditions can be of length 1 or 2 only"
        + "|One or more parameter values were invalid: Condition parameter type .*)",
    ),
    Known(
        "a query of one item, with no sort key, has no further page",
        operation="Query",
        paths=r"\.(LastEvaluatedKey \(missing\)|Pages|Count|Items \(fewer\)|ScannedCount)",
        difference=lambda found: found.request.table.range_key is None,
    ),
    Known(
        "TotalSegments has two bounds, and each is told by itself",
        operation="Scan",
        dynoxide=VALIDATION + ".*Value at 'totalSegments' .* between 1 and 1000000",
    ),
    Known(
        "a start key belongs to the segment that is scanned",
        operation="Scan",
        ours=VALIDATION + "The provided starting key is invalid: Invalid ExclusiveStartKey. .*",
    ),
    Known(
        "a constraint names the member by its path in the request",
        ours=VALIDATION + r"\d+ validation errors? detected: Value .*",
        dynoxide=VALIDATION + r"\d+ validation errors? detected: Value .*",
    ),
    Known(
        "an action that the enumeration does not have is refused",
        operation="UpdateItem",
        ours=VALIDATION + r"\d+ validation errors? detected: Value .* at 'attributeUpdates.*",
    ),
    Known(
        "the estimate of a collection's size is in whole gigabytes, from and to",
        paths=r".*\.SizeEstimateRangeGB\[\]",
    ),
    Known(
        "arithmetic beyond 38 digits is an overflow",
        ours=VALIDATION + "Number overflow.*",
        dynoxide=VALIDATION + "Attempting to store more than 38 significant digits in a Number",
    ),
    Known(
        "the record's size counts what is in the record",
        operation="State",
        paths=r"\.Found\[\]\.dynamodb\.SizeBytes",
    ),
    Known(
        "an index past the end of a list appends, and leaves no nulls before it",
        difference=padded,
        paths=r".*\.L \(fewer\)",
    ),
    Known(
        "an index past the end of a list appends, and leaves no nulls before it",
        operation="State",
        difference=padded,
        paths=r"\.Found\[\].*",
    ),
    Known(
        "an update that only removes creates no item, so there is nothing to return",
        operation="UpdateItem",
        paths=r"\.Attributes \(missing\)",
        difference=lambda found: list(only_removing(found.request)),
    ),
    Known(
        "a query of a local index fetches what the index does not hold",
        operation="Query|Scan",
        paths=r"\.Items\[\]\.\* \(extra\)",
        request=lambda body: "IndexName" in body,
    ),
    Known(
        "a scan of a local index reads the index, not the table",
        operation="Scan",
        paths=r"\.ConsumedCapacity\.(LocalSecondaryIndexes \(extra\)|Table\.CapacityUnits)",
    ),
    Known(
        "a transaction tells of collections too",
        operation="TransactWriteItems",
        paths=r"\.ItemCollectionMetrics \(extra\)",
    ),
    Known(
        "each table of a batch has parameters of its own",
        operation="BatchGetItem",
        dynoxide=VALIDATION + "Can not use both expression and non-expression parameters .*",
        request=lambda body: len(body["RequestItems"]) > 1,
    ),
    Known(
        "the conditions of a key condition come in any order",
        operation="Query",
        dynoxide=VALIDATION + "Query condition missed key schema element: .*",
    ),
    Known(
        "names of attributes need not be identifiers, nor ASCII, outside of expressions",
        dynoxide=VALIDATION
        + ENVELOPE
        + f"({EXPRESSION})?((An expression attribute name used|Value provided in) .*#[a-z]+_dot.*"
        + "|(Syntax error; )?(token|Expected|Attribute name is a reserved keyword).*)",
        request=lambda body: {"Expected", "QueryFilter", "ScanFilter"} & body.keys(),
    ),
    Known(
        "values of the older parameters are checked, whatever the comparison makes of them",
        ours=VALIDATION + ENVELOPE + "(The parameter cannot be converted|One or more).*",
        dynoxide=ANY_RESULT,
        request=lambda body: {"Expected", "AttributeUpdates", "ScanFilter"} & body.keys(),
    ),
    Known(
        "AttributesToGet needs the Select that it is for",
        ours=VALIDATION + "Cannot specify the AttributesToGet when choosing to get .*",
    ),
    Known(
        "members are checked in every operation that has them",
        ours=VALIDATION + r"\d+ validation errors? detected: Value '.*' at '.*",
        dynoxide="success",
    ),
    Known(
        "operands of the wrong type are told in one sentence",
        ours=VALIDATION + "An operand in the update expression has an incorrect data type",
        dynoxide=VALIDATION + "(Operands for [+-] must be numbers|list_append requires .*)",
    ),
    Known(
        "ItemCollectionKey is written as the key is stored",
        paths=r".*\.ItemCollectionKey\..*|.*\.SizeEstimateRangeGB\[\]",
    ),
    Known(
        "a token that was used with another request is refused in a sentence",
        operation="TransactWriteItems|ExecuteTransaction",
        ours="IdempotentParameterMismatchException: .*",
        dynoxide="IdempotentParameterMismatchException: .*",
    ),
    Known(
        "a token counts once a transaction with it has been done",
        operation="TransactWriteItems|ExecuteTransaction",
        dynoxide="IdempotentParameterMismatchException: .*",
    ),
    Known(
        "a write that changes nothing leaves no record in the stream",
        operation="State",
        paths=r"\.Found.*",
        difference=more_records,
    ),
    Known(
        "a number that is out of range is refused when it is read",
        ours=VALIDATION + "Number (over|under)flow.*",
        request=has_wild_number,
    ),
    Known(
        "a null member is an absent one",
        dynoxide=VALIDATION + "Supplied AttributeValue has more than one datatypes set.*",
        request=lambda body: '"S": null' in text_of(body),
    ),
    Known(
        "an action of a batch is one of PutRequest and DeleteRequest",
        operation="BatchWriteItem",
        ours=VALIDATION + "Supplied AttributeValue has more than one datatypes set.*",
    ),
    Known(
        "a path that leads through something else than a map or a list is refused",
        ours=VALIDATION + "The document path provided in the update expression is invalid .*",
        dynoxide="success",
    ),
    Known(
        "attribute_type knows ten types",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Invalid attribute type name found; .*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "what a key condition may not hold is told after its syntax",
        operation="Query",
        ours=VALIDATION + EXPRESSION + "Syntax error; .*",
        dynoxide=VALIDATION + EXPRESSION + "KeyConditionExpressions cannot have conditions .*",
    ),
    Known(
        "a condition compares a key with a value",
        operation="Query",
        ours=VALIDATION + "Invalid condition in KeyConditionExpression: Multiple attribute .*",
    ),
    Known(
        "a null member is an absent one",
        ours="success",
        dynoxide=VALIDATION + "invalid type: null, .*",
    ),
    Known(
        "operations that dynoxide does not have",
        operation="Describe(Limits|Endpoints|ContinuousBackups)|.*ResourcePolicy",
        dynoxide="UnknownOperationException: ",
    ),
    Known(
        "a table is described with its protection and its size, by the members of the model",
        operation="(Create|Describe|Update|Delete)Table",
        paths=r"\.Table(Description)?\.(.*(IndexSizeBytes|TableSizeBytes|ItemCount)"
        r"|(DeletionProtectionEnabled|WarmThroughput|SSEDescription) \(extra\)"
        r"|TableThroughputModeSummary \(missing\))",
    ),
    Known(
        "a table or stream that is not there is named",
        operation="(Tag|Untag|ListTagsOf)Resource|DescribeStream|GetShardIterator",
        ours="ResourceNotFoundException: Requested resource not found: (ResourcArn|Stream): .*",
        dynoxide="ResourceNotFoundException: .*|AccessDeniedException: .*",
    ),
    Known(
        "a table without billing mode is provisioned, and needs to be told how",
        operation="CreateTable",
        ours=VALIDATION + "One or more parameter values were invalid: .*ProvisionedThroughput.*"
        "|" + VALIDATION + ".*ReadCapacityUnits and WriteCapacityUnits must both be specified.*",
        dynoxide="success|ResourceInUseException.*",
    ),
    Known(
        "a stream that is enabled has a view type",
        operation="(Create|Update)Table",
        ours=VALIDATION + ".*(UpdateViewType|StreamViewType).*",
    ),
    Known(
        "SSESpecification is there even when nothing is in it",
        operation="UpdateTable",
        dynoxide=VALIDATION + "At least one of ProvisionedThroughput, .* is required",
        request=lambda body: "SSESpecification" in body,
    ),
    Known(
        "names of attributes are told apart before they are counted",
        operation="CreateTable",
        ours=VALIDATION + "Cannot have two attributes with the same name",
    ),
    Known(
        "keys of the table, keys of an index, throughput and streams are checked in turn",
        operation="CreateTable",
        ours=VALIDATION + "(Invalid KeySchema|One or more parameter values were invalid): .*",
        dynoxide=VALIDATION + "(Invalid KeySchema|One or more parameter values were invalid): .*",
    ),
    Known(
        "a fraction where an integer belongs is cut off",
        ours="success",
        dynoxide=VALIDATION + "invalid type: floating point .*",
    ),
    Known(
        "throughput has an upper bound",
        operation="(Create|Update)Table",
        ours=VALIDATION + "Given value .* for (Read|Write)CapacityUnits is out of bounds",
    ),
    Known(
        "the key that encrypts a table is ours",
        paths=r"\.Table(Description)?\.(SSEDescription\.KMSMasterKeyArn"
        r"|DeletionProtectionEnabled \(extra\)|TableThroughputModeSummary \(missing\))",
    ),
    Known(
        "what is no structure is told by the class that was expected",
        ours=SERIALIZATION + ".*",
        dynoxide=SERIALIZATION + ".*",
    ),
    Known(
        "dynoxide reads less of PartiQL than the service",
        operation="(BatchExecute|Execute)(Statement|Transaction)",
        difference=unread,
    ),
    Known(
        "dynoxide reads less of PartiQL than the service",
        operation="BatchExecuteStatement",
        difference=unread,
        paths=r"\.Responses\[\].*",
    ),
    Known(
        "a table that is not there is not named to statements",
        operation="ExecuteStatement",
        ours="ResourceNotFoundException: Requested resource not found",
        dynoxide="ResourceNotFoundException: Requested resource not found: Table: .*",
    ),
    Known(
        "statements of a batch fail each with its own message, as single ones do",
        operation="BatchExecuteStatement",
        paths=r"\.(Responses\[\]|ConsumedCapacity).*",
    ),
    Known(
        "a batch of statements is checked as a whole first",
        operation="BatchExecuteStatement",
        ours=VALIDATION + ".*",
    ),
    Known(
        "statements are read one after the other, and checked as they are",
        operation="ExecuteTransaction",
        ours=VALIDATION + "Validation failed in TransactStatements.*",
    ),
    Known(
        "a statement's keys are checked as those of items are",
        operation="Execute(Statement|Transaction)",
        ours=f"{VALIDATION}(The provided|One or more|Incorrect operand|Invalid returning).*"
        f"|{CANCELED}.*",
    ),
    Known(
        "a missing attribute is unlike any value",
        operation="ExecuteStatement",
        ours="success",
        dynoxide="ConditionalCheckFailedException: .*",
        request=lambda body: re.search("<>|!=|NOT", body["Statement"]),
    ),
    Known(
        "a missing attribute is unlike any value",
        operation="ExecuteStatement",
        paths=r"\.Items \((more|fewer)\)",
        request=lambda body: re.search("<>|!=|NOT", body["Statement"]),
    ),
    Known(
        "a statement that is not carried out shows the item if it is asked to",
        operation="ExecuteStatement",
        paths=r"\.Item \(extra\)",
        request=lambda body: "ReturnValuesOnConditionCheckFailure" in body,
    ),
    Known(
        "a transaction's reasons are those of the single operations",
        operation="TransactWriteItems|ExecuteTransaction",
        ours=CANCELED + ".*",
        paths=r"\.CancellationReasons\[\]\.Message",
    ),
    Known(
        "keys are measured in transactions too",
        operation="TransactWriteItems",
        ours=CANCELED + ".*",
        dynoxide="success",
        difference=lambda found: "exceeded the" in text_of(found.ours),
    ),
    Known(
        "all placeholders are looked up, before any item is read",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "An expression attribute .* is not defined.*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "a null that is false is told without the envelope",
        ours=VALIDATION + "One or more parameter values were invalid: Null attribute value .*",
    ),
    Known(
        "the paths of an overlap are told in the order of the expression",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Two document paths overlap .*",
        dynoxide=VALIDATION + ENVELOPE + EXPRESSION + "Two document paths overlap .*",
    ),
    Known(
        "a number in JSON is a NUMBER_VALUE, after the members before it",
        ours=VALIDATION + "(Supplied AttributeValue|The parameter cannot).*",
        dynoxide=SERIALIZATION + "(TRUE_VALUE|NUMBER_VALUE|Unexpected value type).*",
    ),
    Known(
        "numbers in messages stand as they are stored",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "The BETWEEN operator .*",
        dynoxide=VALIDATION + ENVELOPE + EXPRESSION + "The BETWEEN operator .*",
    ),
    Known(
        "members that are no set are refused, whatever the comparison makes of them",
        ours=SERIALIZATION + ".*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "dynoxide fails",
        dynoxide="InternalServerError: .*",
    ),
    Known(
        "nesting is checked with the values of an item, and told in their envelope",
        operation="PutItem",
        ours=VALIDATION + "1 validation error detected: Nesting Levels .*",
        dynoxide=VALIDATION + "Nesting Levels .*",
    ),
    Known(
        "a transaction omits an item of which nothing is selected",
        operation="ExecuteTransaction|BatchExecuteStatement",
        paths=r"\.Responses\[\]\.Item \(missing\)",
    ),
    Known(
        "what is left over at the end of a statement is refused",
        operation="ExecuteStatement",
        ours=VALIDATION + "Statement wasn't well formed.*",
    ),
    Known(
        "a statement that cannot be read is told alone, and is neither read nor write",
        operation="BatchExecuteStatement",
        ours="success",
        dynoxide=VALIDATION
        + "(Read and write requests together|Provided list of item keys contains duplicates).*",
    ),
    Known(
        "a transaction's keys are checked before they are compared",
        operation="TransactWriteItems",
        ours=CANCELED + ".*",
        dynoxide=VALIDATION + "Transaction request cannot include multiple operations .*",
    ),
    Known(
        "numbers in statements are read where they stand",
        operation="ExecuteStatement",
        ours=VALIDATION + ".* under root",
    ),
    Known(
        "an expression of blanks is no expression",
        ours=VALIDATION + ENVELOPE + EXPRESSION + 'Syntax error; token: "<EOF>".*',
        dynoxide="success",
    ),
    Known(
        "each check is made of all parts of a batch before the next one",
        operation="Batch(Get|Write)Item",
        ours=VALIDATION + ".*",
        dynoxide=f"({VALIDATION}|{SERIALIZATION}).*",
    ),
    Known(
        "a number has one spelling once it is read, so two of them are one key",
        operation="BatchGetItem",
        ours=VALIDATION + "Provided list of item keys contains duplicates",
        dynoxide="success",
    ),
    Known(
        "a transaction that writes has no items to answer with",
        operation="ExecuteTransaction",
        paths=r"\.Responses \(fewer\)",
    ),
    Known(
        "attributes have names, and filters have operators",
        ours=VALIDATION
        + "(.*An attribute name may not be empty"
        + "|1 validation error detected: Value null at 'queryFilter.*)",
        dynoxide="success",
    ),
    Known(
        "what the older conditions compare must be of one type",
        ours=VALIDATION + "One or more parameter values were invalid: AttributeValues inside .*",
        dynoxide="success",
    ),
    Known(
        "values of the older parameters are checked, whatever the comparison makes of them",
        ours=VALIDATION + "Supplied AttributeValue .*",
        dynoxide="success",
        request=lambda body: {"Expected", "AttributeUpdates", "ScanFilter"} & body.keys(),
    ),
    Known(
        "operands of the wrong type are told in one sentence",
        operation="ExecuteStatement",
        ours=VALIDATION + "An operand in the update expression has an incorrect data type",
    ),
    Known(
        "literal bounds of the older BETWEEN are compared",
        ours=VALIDATION + "The BETWEEN condition was provided a range where .*",
    ),
    Known(
        "a key attribute cannot be updated, in a transaction either",
        operation="TransactWriteItems",
        ours=VALIDATION + ".*Cannot update attribute .*",
    ),
    Known(
        "of a list, only the elements that the update names are returned",
        operation="UpdateItem",
        paths=r"\.Attributes(\.\*\.L.*| \(missing\))",
        request=lambda body: str(body.get("ReturnValues", "")).startswith("UPDATED"),
    ),
    Known(
        "numeric keys are one by their value, in BatchGetItem too",
        operation="BatchGetItem",
        paths=r"\.Responses\.\* \(more\)",
    ),
    Known(
        "an item counts when its key is as long as a unit",
        operation="UpdateItem",
        paths=r"\.ConsumedCapacity\.CapacityUnits",
        request=lambda body: "k" * 1024 in text_of(body) or "a2tr" * 100 in text_of(body),
    ),
    Known(
        "a start key is a whole key",
        operation="Scan",
        ours=VALIDATION + "The provided starting key is invalid.*",
        dynoxide="success",
    ),
    Known(
        "what the older conditions compare must be of one type",
        ours=VALIDATION + "One or more parameter values were invalid: .*",
        dynoxide=VALIDATION + "One or more parameter values were invalid: .*",
        request=lambda body: {"Expected", "ScanFilter", "QueryFilter"} & body.keys(),
    ),
    Known(
        "bounds of BETWEEN are of one type, and IN has a hundred operands, everywhere",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "The (BETWEEN|IN) operator .*",
        dynoxide=ANY_RESULT,
    ),
    Known(
        "an update of a path that leads nowhere cancels the transaction",
        operation="TransactWriteItems",
        ours=CANCELED + ".*",
        dynoxide=ANY_RESULT,
        difference=lambda found: "document path provided" in text_of(found.ours),
    ),
    Known(
        "statements are checked for what they may select and compare",
        operation="ExecuteStatement|ExecuteTransaction",
        ours=VALIDATION
        + "(Multiple conditions on same key|Must have|Key attribute's data type|Number overflow"
        + "|Nesting Levels|ExecuteTransaction API).*",
    ),
    Known(
        "a statement that returns nothing has an empty list of items",
        operation="ExecuteStatement",
        paths=r"\.(Items|Count|Pages|ScannedCount|ConsumedCapacity).* \(extra\)",
    ),
    Known(
        "a statement is checked as a whole: parameters, names, order and bounds",
        operation="ExecuteStatement",
        ours=VALIDATION
        + "(Number of parameters in request|Duplicate identifiers in select|Must have WHERE"
        + "|Attribute .* in ORDER BY clause|The BETWEEN operator|Empty bags).*",
    ),
    Known(
        "ListStreams lists the streams of all tables",
        operation="ListStreams",
        ours="success",
        paths=r"\.(LastEvaluatedStreamArn \(extra\)|Streams \(more\))",
    ),
    Known(
        "an item that was just created has no old attributes",
        operation="UpdateItem",
        paths=r"\.Attributes \(missing\)|\.ItemCollectionMetrics\.SizeEstimateRangeGB\[\]",
        request=lambda body: body.get("ReturnValues") == "ALL_OLD",
    ),
    Known(
        "a projection in TransactGetItems yields what it names and no keys",
        operation="TransactGetItems",
        paths=r"\.Responses\[\]\.Item( \(missing\)|\.\* \(missing\))",
    ),
    Known(
        "an action is one of Check, Put, Update and Delete",
        operation="TransactWriteItems",
        ours=VALIDATION + "TransactItems can only contain one of Check, Put, Update or Delete",
        dynoxide=VALIDATION + "TransactItem must contain exactly one action",
    ),
    Known(
        "streams are named and read by their rules",
        operation="ListStreams|DescribeStream|GetShardIterator|GetRecords",
        ours=VALIDATION + ".*",
    ),
    Known(
        "a syntax error quotes the text from the token before to the token after",
        ours=VALIDATION + ENVELOPE + EXPRESSION + "Syntax error; .*",
        dynoxide=VALIDATION + ENVELOPE + f"({EXPRESSION})?Syntax error; .*",
    ),
    Known(
        "of a request's faults, the one that is looked for first is told",
        difference=ours_is_first,
    ),
    Known(
        "of two faults that are looked for together, either may be told",
        difference=two_faults,
    ),
    Known(
        "of several members with the same fault, the first in the request is told",
        difference=one_fault,
    ),
]


def explanation(difference):
    """The number of the entry that explains a difference, or None."""
    for number, entry in enumerate(KNOWN):
        if entry.explains(difference):
            return number
    return None
