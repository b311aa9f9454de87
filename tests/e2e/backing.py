"""Backups, restores, exports and imports: begun, and waited for."""

import time

from api import items_of, read_pages
from mounting import wait_until

JOB_SECONDS = 50
ACCOUNT = "arn:aws:dynamodb:us-east-1:123456789012"

def table_arn(table):
    return f"{ACCOUNT}:table/{table}"

def all_items(db, table):
    """By the text of their keys, as Python's values."""
    found = {}
    for one in items_of(read_pages(db.scan, TableName=table)):
        found[one["k"], one.get("s")] = one
    return found

def backup_status(db, arn):
    return db.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"]

def wait_for_backup(db, arn):
    wait_until(lambda: backup_status(db, arn) == "AVAILABLE", JOB_SECONDS, "the backup to be made")

def back_up(db, table, name="backup"):
    """A backup that is made; its ARN."""
    arn = db.create_backup(TableName=table, BackupName=name)["BackupDetails"]["BackupArn"]
    wait_for_backup(db, arn)
    return arn

def status(db, table):
    return db.describe_table(TableName=table)["Table"]["TableStatus"]

def wait_for_table(db, table):
    wait_until(lambda: status(db, table) == "ACTIVE", JOB_SECONDS, f"{table} to be filled")

def wait_for_no_table(db, table):
    wait_until(lambda: table not in tables(db), JOB_SECONDS, f"{table} to go")

def tables(db):
    return db.list_tables()["TableNames"]

def restore(db, arn, table, **overrides):
    """Restored and ready."""
    db.restore_table_from_backup(TargetTableName=table, BackupArn=arn, **overrides)
    wait_for_table(db, table)
    return table

def enable(api, table, days=None):
    """Point-in-time recovery."""
    specification = {"PointInTimeRecoveryEnabled": True}
    if days is not None:
        specification["RecoveryPeriodInDays"] = days
    answer = api.call(
        "UpdateContinuousBackups", TableName=table, PointInTimeRecoverySpecification=specification
    ).json()
    return answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

def restore_to(api, db, table, target, moment=None):
    """To a moment in epoch seconds, or to the latest; ready."""
    when = {"UseLatestRestorableTime": True} if moment is None else {"RestoreDateTime": moment}
    answer = api.call("RestoreTableToPointInTime", SourceTableName=table, TargetTableName=target, **when)
    assert answer.status == 200, answer.body
    wait_for_table(db, target)
    return answer.json()["TableDescription"]

def wait_for_second():
    """The beginning of a second, with nothing under way; its number."""
    time.sleep(1.05 - time.time() % 1)
    return int(time.time())

def export_described(api, arn):
    return api.call("DescribeExport", ExportArn=arn).json()["ExportDescription"]

def wait_for_export(api, answer):
    """What is told of an export in the end."""
    arn = answer.json()["ExportDescription"]["ExportArn"]
    wait_until(
        lambda: export_described(api, arn)["ExportStatus"] != "IN_PROGRESS", JOB_SECONDS, "the export to end"
    )
    return export_described(api, arn)

def export(api, table, bucket, **more):
    """An export that has ended."""
    answer = api.call("ExportTableToPointInTime", TableArn=table_arn(table), S3Bucket=bucket, **more)
    assert answer.status == 200, answer.body
    return wait_for_export(api, answer)

def import_described(api, arn):
    return api.call("DescribeImport", ImportArn=arn).json()["ImportTableDescription"]

def import_table(api, target, bucket, prefix, format="DYNAMODB_JSON", key="k:S", more_attributes=(), **more):
    """An import that has ended."""
    parts = [part.split(":") for part in key.split()]
    parameters = {
        "TableName": target,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in [*parts, *more_attributes]
        ],
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind} for (name, _), kind in zip(parts, ("HASH", "RANGE"))
        ],
        **more.pop("table", {}),
    }
    answer = api.call(
        "ImportTable", S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": prefix}, InputFormat=format,
        TableCreationParameters=parameters, **more,
    )
    assert answer.status == 200, answer.body
    arn = answer.json()["ImportTableDescription"]["ImportArn"]
    wait_until(
        lambda: import_described(api, arn)["ImportStatus"] != "IN_PROGRESS", JOB_SECONDS, "the import to end"
    )
    return import_described(api, arn)

def refusal(answer):
    """The exception's name and its message."""
    assert answer.status != 200, answer.body
    return answer.error(), answer.json()["message"]
