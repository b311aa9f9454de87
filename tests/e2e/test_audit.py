"""`.audit`: who called what, by every door, as a file of CloudTrail's lines."""

import base64
import errno
import getpass
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError

from api import item
from mounting import DYNAMOUNT, opened, read, read_text, refused, save, wait_until
from serving import http_door

SECRET = "s3cr3t"
DELAY = 10  # seconds, in which lines on data must be there
CREDENTIALS = {
    "Credentials": [
        {"AccessKeyId": "AKIAALICE", "SecretAccessKey": "alices", "UserName": "alice"},
        {
            "AccessKeyId": "AKIABOB",
            "SecretAccessKey": "bobs",
            "UserName": "bob",
            "Operations": ["GetItem", "DescribeTable"],
        },
    ]
}


def lines_of(mount):
    return [json.loads(line) for line in read(mount.path / ".audit").splitlines()]


def names_of(mount):
    return [line["eventName"] for line in lines_of(mount)]


def wait_for_lines(mount, count, name):
    """The last lines of that name, once there are so many more than before."""
    wait_until(lambda: names_of(mount).count(name) >= count, DELAY, f"{count} lines {name}")
    return [line for line in lines_of(mount) if line["eventName"] == name]


@pytest.fixture
def data_mount(mount):
    return mount.remount("http=127.0.0.1:0,audit=data")


@pytest.fixture
def table(data_mount):
    return data_mount.table("Movies", "year:N title:S")


@pytest.fixture
def guarded(mount):
    """A mount whose HTTP door asks for signatures."""
    path = mount.directory / "credentials.json"
    save(path, json.dumps(CREDENTIALS))
    path.chmod(0o600)
    mount.remount(f"http=127.0.0.1:0,audit=data,credentials={path}")
    mount.table("Movies", "year:N title:S")
    return mount


# What is logged of the mount


def test_a_table_of_the_mount_has_its_lines(mount):
    table = mount.table("Movies", "year:N title:S")
    save(table / ".ttl", "expires\n")
    table.rmdir()
    assert names_of(mount) == ["CreateTable", "UpdateTimeToLive", "DeleteTable"]
    line = lines_of(mount)[0]
    assert line["userIdentity"]["type"] == "LocalUser"
    assert line["userIdentity"]["userName"] == getpass.getuser()
    assert line["userIdentity"]["uid"] == os.getuid()
    assert line["sourceIPAddress"] == "mount"
    assert line["requestParameters"]["tableName"] == "Movies"
    assert line["responseElements"]["tableDescription"]["tableStatus"] in ("CREATING", "ACTIVE")
    assert line["resources"][0]["ARN"] == "arn:aws:dynamodb:us-east-1:123456789012:table/Movies"
    assert line["managementEvent"] is True and line["eventCategory"] == "Management"


def test_the_process_that_asked_is_told(mount):
    script = 'echo $$; mkdir Movies && echo "year:N" > Movies/.schema'
    pid = int(mount.bash(script).stdout)
    assert lines_of(mount)[-1]["userIdentity"]["pid"] == pid


def test_files_of_items_are_calls_on_data(data_mount, table):
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", '{"rating": 8}')
    read(table / "2013/Rush.json")
    (table / "2013/Rush.json").rename(table / "2013/Gravity.json")
    (table / "2013/Gravity.json").unlink()
    wait_for_lines(data_mount, 1, "DeleteItem")
    told = [line["eventName"] for line in lines_of(data_mount) if line["eventCategory"] == "Data"]
    assert [name for name in told if name != "GetItem"] == ["PutItem", "TransactWriteItems", "DeleteItem"]
    assert told.index("GetItem") == 1


def test_special_files_are_calls_on_data(data_mount, table):
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", '{"rating": 8}')
    data_mount.bash("echo 'year = 2013' > .query && cat .query", cwd=table)
    data_mount.bash("cat .export > /dev/null && cat .stream > /dev/null", cwd=table)
    data_mount.bash("""echo '{"year": 1, "title": "a"}' > .import""", cwd=table)
    data_mount.bash("ls .where/'year = 2013'", cwd=table)
    wait_for_lines(data_mount, 1, "BatchWriteItem")
    wait_for_lines(data_mount, 2, "ExecuteStatement")
    assert {"ExecuteStatement", "Scan", "GetRecords", "BatchWriteItem"} <= set(names_of(data_mount))


def test_looking_around_is_no_call(data_mount, table):
    (table / "2013").mkdir()
    save(table / "2013/Rush.json", "{}")
    wait_for_lines(data_mount, 1, "PutItem")
    before = len(lines_of(data_mount))
    data_mount.bash("ls -lR . && find . -name '*.json' && stat Movies/2013/Rush.json && du -a .")
    data_mount.bash("cat Movies/.schema Movies/.info Movies/.ttl .audit > /dev/null")
    time.sleep(1)
    assert len(lines_of(data_mount)) == before


def test_an_operation_by_its_name_is_logged_though_it_only_looks(mount):
    mount.bash("echo '{}' > .api/ListTables; cat .api/ListTables > /dev/null")
    assert names_of(mount) == ["ListTables"]


def test_a_command_has_its_line(mount):
    mount.stop()
    mount.dynamount("call", mount.data, "DescribeLimits", input="{}")
    mount.start()
    line = lines_of(mount)[-1]
    assert line["eventName"] == "DescribeLimits"
    assert line["sourceIPAddress"] == "command-line"
    assert line["userIdentity"]["uid"] == os.getuid()


def test_a_command_by_way_of_the_owners_socket_is_told_by_its_process(mount):
    mount.dynamount("call", mount.data, "DescribeLimits", input="{}")
    line = lines_of(mount)[-1]
    assert line["eventName"] == "DescribeLimits"
    assert line["sourceIPAddress"] == "dynamount.sock"
    assert line["userIdentity"]["type"] == "LocalUser"
    assert line["userIdentity"]["pid"] > 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_each_user_of_a_mount_is_told(mount):
    mount.stop()
    for path in (mount.directory, mount.directory.parent):
        os.chmod(path, 0o755)
    mount.start("allow_other,audit=data")
    table = mount.table("Movies", "title:S")
    save(table / "a.json", "{}")
    program = "import os, sys; os.setgroups([]); os.setgid(3001); os.setuid(3000); open(sys.argv[1]).read()"
    mount.run("/usr/bin/python3", "-c", program, table / "a.json", cwd="/")
    read(table / "a.json")
    lines = wait_for_lines(mount, 2, "GetItem")
    assert [(line["userIdentity"]["uid"], line["userIdentity"]["gid"]) for line in lines] == [(3000, 3001), (0, 0)]
    assert lines[0]["userIdentity"].get("userName") != "root"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_nobody_but_the_owner_reads_it(mount):
    mount.stop()
    for path in (mount.directory, mount.directory.parent):
        os.chmod(path, 0o755)
    mount.start("allow_other")
    program = (
        "import errno, os, sys; os.setgroups([]); os.setuid(3000)\n"
        "try: open(sys.argv[1])\nexcept OSError as e: print(errno.errorcode[e.errno])"
    )
    assert mount.run("/usr/bin/python3", "-c", program, mount / ".audit", cwd="/").stdout == "EACCES\n"


def test_changes_of_owner_and_mode_are_told(mount):
    table = mount.table("Movies", "id:S")
    os.chmod(table, 0o750)
    line = lines_of(mount)[-1]
    assert line["eventName"] == "SetTableAccess"
    assert line["requestParameters"] == {"tableName": "Movies", "mode": "0750"}


def test_a_backup_of_the_directory_is_told(mount):
    mount.dynamount("backup", mount.data, mount.directory / "copy")
    assert names_of(mount) == ["StartHotBackup"]


# The command


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_the_command_prints_the_last_lines_of_a_mount_a_server_or_a_directory(mount, shell):
    for number in range(30):
        mount.table(f"Table{number}", "id:S")
    whole = read_text(mount.path / ".audit").splitlines(keepends=True)
    assert len(whole) == 30
    for where in (mount.path, mount.data):
        for count in (0, 1, 7, 30, 99):
            printed = mount.dynamount("audit", where, "-n", str(count)).stdout
            assert printed == "".join(whole[30 - min(count, 30) :])
    assert mount.dynamount("audit", mount.data).stdout == "".join(whole[20:])
    mount.stop()
    script = f"dynamount audit {mount.data} -n 1000000 | jq -r .eventName | sort | uniq -c"
    assert mount.run(shell, "-c", script, cwd=mount.directory).stdout.split() == ["30", "CreateTable"]


def test_the_command_follows(mount):
    with subprocess.Popen(
        [DYNAMOUNT, "audit", mount.data, "-n", "0", "-f"], stdout=subprocess.PIPE, env=mount.environment,
    ) as process:
        try:
            time.sleep(1)
            mount.table("Movies", "id:S")
            assert json.loads(process.stdout.readline())["eventName"] == "CreateTable"
            (mount.path / "Movies").rmdir()
            assert json.loads(process.stdout.readline())["eventName"] == "DeleteTable"
        finally:
            process.kill()


def test_the_command_does_not_follow_where_nobody_serves(mount):
    mount.table("Movies", "id:S")
    mount.stop()
    result = mount.dynamount("audit", mount.data, "-f", check=False)
    assert result.returncode == 1
    assert "Nobody serves" in result.stderr


def test_the_command_is_for_the_owner(mount):
    mount.remount("http=127.0.0.1:0")
    result = mount.dynamount("audit", http_door(mount).url, check=False)
    assert result.returncode == 1
    assert "for the owner of a data directory" in result.stderr


# HTTP


def test_a_signed_request_tells_its_user(guarded):
    db = http_door(guarded).client(key="AKIAALICE", secret="alices", user_agent_extra="test/1")
    answer = db.put_item(TableName="Movies", Item=item(year=2013, title="Rush", plot=SECRET))
    line = wait_for_lines(guarded, 1, "PutItem")[0]
    assert line["userIdentity"] == {
        "type": "IAMUser",
        "principalId": "AKIAALICE",
        "arn": "arn:aws:iam::123456789012:user/alice",
        "accountId": "123456789012",
        "accessKeyId": "AKIAALICE",
        "userName": "alice",
    }
    assert line["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert line["sourceIPAddress"] == "127.0.0.1"
    assert "test/1" in line["userAgent"]
    assert line["requestParameters"] == {"tableName": "Movies", "item": ["year", "title", "plot"]}
    assert line["eventCategory"] == "Data"
    assert SECRET not in read_text(guarded.path / ".audit")


def test_who_is_turned_away_is_told(guarded):
    server = http_door(guarded)
    for key, secret in (("AKIAALICE", "wrong"), ("AKIANOBODY", "any"), ("AKIABOB", "bobs")):
        with pytest.raises(ClientError):
            server.client(key=key, secret=secret).put_item(TableName="Movies", Item=item(year=1, title="a"))
    lines = wait_for_lines(guarded, 3, "PutItem")
    assert [line["errorCode"] for line in lines] == [
        "InvalidSignatureException", "UnrecognizedClientException", "AccessDeniedException",
    ]  # fmt: skip
    assert [line["userIdentity"]["accessKeyId"] for line in lines] == ["AKIAALICE", "AKIANOBODY", "AKIABOB"]
    assert [line["userIdentity"].get("userName") for line in lines] == [None, None, "bob"]
    assert all(line["errorMessage"] for line in lines)


def test_what_is_denied_shows_no_value_though_it_was_not_read(guarded):
    db = http_door(guarded).client(key="AKIABOB", secret="bobs")
    for statement in (f'SELECT * FROM Movies WHERE title = "{SECRET}"', f"SELECT {SECRET} FROM Movies WHERE"):
        with pytest.raises(ClientError):
            db.execute_statement(Statement=statement)
    with pytest.raises(ClientError):
        db.scan(TableName="Movies", FilterExpression=f'title = "{SECRET}"')
    assert wait_for_lines(guarded, 1, "Scan")[0]["errorCode"] == "AccessDeniedException"
    assert SECRET not in read_text(guarded.path / ".audit")


def test_who_is_turned_away_from_metrics_is_told(guarded):
    url = http_door(guarded).url + "/metrics"
    for user in ("AKIAALICE:wrong", "AKIANOBODY:any"):
        basic = base64.b64encode(user.encode()).decode()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": f"Basic {basic}"}))
    lines = wait_for_lines(guarded, 2, "ListMetrics")
    assert [line["userIdentity"] for line in lines] == [
        {"type": "Unknown", "accessKeyId": key} for key in ("AKIAALICE", "AKIANOBODY")
    ]
    assert {line["errorCode"] for line in lines} == {"UnrecognizedClientException"}
    assert all(line["sourceIPAddress"] == "127.0.0.1" for line in lines)
    assert "wrong" not in read_text(guarded.path / ".audit")


def test_what_is_no_operation_is_told(mount):
    mount.remount("http=127.0.0.1:0")
    request = urllib.request.Request(
        http_door(mount).url, data=b"{}",
        headers={"X-Amz-Target": "DynamoDB_20120810.Fly", "Content-Type": "application/x-amz-json-1.0"},
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    wait_until(lambda: names_of(mount), DELAY, "a line")
    line = lines_of(mount)[-1]
    assert line["eventName"] == "DynamoDB_20120810.Fly"
    assert line["errorCode"] == "UnknownOperationException"
    assert line["requestID"] == refusal.value.headers["x-amzn-RequestId"]


def test_both_doors_have_their_lines_in_the_order_of_the_calls(data_mount, table):
    db = http_door(data_mount).client()
    (table / "1").mkdir()
    for number in range(5):
        db.put_item(TableName="Movies", Item=item(year=1, title=f"http-{number}"))
        save(table / f"1/file-{number}.json", "{}")
    lines = wait_for_lines(data_mount, 10, "PutItem")
    assert [line["sourceIPAddress"] for line in lines] == ["127.0.0.1", "mount"] * 5


def test_items_are_shown_when_asked_for(mount):
    mount.remount("audit=data,audit-items")
    save(mount.table("Movies", "title:S") / "a.json", json.dumps({"plot": SECRET}))
    line = wait_for_lines(mount, 1, "PutItem")[0]
    assert line["requestParameters"]["item"] == item(title="a", plot=SECRET)


def test_nothing_is_logged_when_it_is_off(mount):
    mount.remount("audit=off")
    mount.table("Movies", "title:S")
    assert read(mount.path / ".audit") == b""


def test_contributor_insights_is_logged(data_mount, table):
    db = http_door(data_mount).client()
    answer = db.update_contributor_insights(TableName="Movies", ContributorInsightsAction="ENABLE")
    assert answer["ContributorInsightsStatus"] == "ENABLED"
    assert db.describe_contributor_insights(TableName="Movies")["ContributorInsightsStatus"] == "ENABLED"
    summaries = db.list_contributor_insights()["ContributorInsightsSummaries"]
    assert [summary["ContributorInsightsStatus"] for summary in summaries] == ["ENABLED"]
    assert names_of(data_mount)[-3:] == [
        "UpdateContributorInsights", "DescribeContributorInsights", "ListContributorInsights",
    ]  # fmt: skip


# The file


def test_tools_read_it_as_any_file(mount):
    for number in range(20):
        mount.table(f"Table{number}", "id:S")
    assert mount.bash("wc -c < .audit").stdout == mount.bash("cat .audit | wc -c").stdout
    assert mount.bash("stat -c %s .audit").stdout == mount.bash("cat .audit | wc -c").stdout
    assert mount.bash("tail -n 3 .audit | jq -r .requestParameters.tableName").stdout.split() == [
        "Table17", "Table18", "Table19",
    ]  # fmt: skip
    assert mount.bash("grep -c CreateTable .audit").stdout == "20\n"
    assert mount.bash("dd if=.audit bs=1 skip=1 count=14 2>/dev/null").stdout == '"eventVersion"'
    assert oct(os.stat(mount.path / ".audit").st_mode & 0o777) == "0o400"


def test_it_is_not_listed_and_not_written(mount):
    assert os.listdir(mount.path) == []
    with refused(errno.EACCES, errno.EPERM):
        save(mount.path / ".audit", "forged\n", os.O_WRONLY | os.O_APPEND)
    with refused(errno.EPERM, errno.EACCES):
        (mount.path / ".audit").unlink()


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_tail_follows_it(mount, shell):
    process = subprocess.Popen(
        [shell, "-c", "exec tail -s 0.2 -n 0 -f .audit"], cwd=mount.path, stdout=subprocess.PIPE,
    )
    try:
        time.sleep(0.5)
        mount.table("Movies", "id:S")
        assert json.loads(process.stdout.readline())["eventName"] == "CreateTable"
        (mount.path / "Movies").rmdir()
        assert json.loads(process.stdout.readline())["eventName"] == "DeleteTable"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_oldest_lines_make_room(mount):
    mount.remount("http=127.0.0.1:0,audit=data,audit-size=200K")
    mount.table("Movies", "id:S")
    db = http_door(mount).client()
    for number in range(1000):
        db.get_item(TableName="Movies", Key=item(id=str(number)))
    wait_until(lambda: os.stat(mount.path / ".audit").st_size <= 200 << 10, DELAY, "the log short")
    assert os.stat(mount.path / ".audit").st_size > 50 << 10
    assert "CreateTable" not in names_of(mount)
    mount.stop()
    mount.check()


def test_a_reader_whose_place_is_gone_is_told_and_a_new_one_reads(mount):
    mount.remount("http=127.0.0.1:0,audit=data,audit-size=100K")
    mount.table("Movies", "id:S")
    with opened(mount.path / ".audit", os.O_RDONLY) as fd:
        first = os.read(fd, 100)
        size = os.fstat(fd).st_size
        db = http_door(mount).client()
        for number in range(800):
            db.get_item(TableName="Movies", Key=item(id=str(number)))
        wait_until(lambda: os.fstat(fd).st_size > size + 400_000, DELAY, "the log to grow")
        time.sleep(0.5)
        with refused(errno.ESTALE):
            os.pread(fd, 100, 0)
        end = os.fstat(fd).st_size
        assert os.pread(fd, 1000, end - 1000).endswith(b"}\n")
        names = names_of(mount)
        assert names and set(names) == {"GetItem"}
    assert first.startswith(b'{"eventVersion"')
    assert "are gone" in mount.errors()


def test_after_a_crash_no_line_is_torn_and_the_control_plane_is_whole(mount):
    mount.remount("http=127.0.0.1:0,audit=data")
    db = http_door(mount).client()
    mount.table("Movies", "id:S")
    for number in range(300):
        db.get_item(TableName="Movies", Key=item(id=str(number)))
    mount.table("Last", "id:S")
    mount.kill9()
    mount.start("audit=data")
    lines = lines_of(mount)
    assert [line["eventName"] for line in lines if line["managementEvent"]] == ["CreateTable", "CreateTable"]
    # What came before the last call of the control plane is there with it.
    assert len(lines) == 302
    mount.stop()
    mount.check()


def test_a_crash_may_cost_data_events_of_a_moment_but_not_older_ones(mount):
    mount.remount("http=127.0.0.1:0,audit=data")
    db = http_door(mount).client()
    mount.table("Movies", "id:S")
    for number in range(100):
        db.get_item(TableName="Movies", Key=item(id=str(number)))
    time.sleep(2)
    for number in range(50):
        db.get_item(TableName="Movies", Key=item(id=str(number)))
    mount.kill9()
    mount.start("")
    assert 100 <= names_of(mount).count("GetItem") <= 150
