"""`.alarms`: CloudWatch's alarms as files, their log, and the same through the API.

Where an alarm shall go off at once, what is missing is treated as breaching: nothing
was measured.
"""

import errno
import itertools
import json
import os
import subprocess
import time

import pytest

from conftest import module_mount_of
from mounting import (
    COMMAND_SECONDS, end_group, opened, read, read_text, refused, save, wait_until, write_all,
)
from serving import request as http_request
from terminal import emacs, nano, vim
from serving import http_door

MINUTE_LIMIT = 120
TARGET = "GraniteServiceVersion20100801"
serial = itertools.count()

ALARM = {
    "MetricName": "ConsumedReadCapacityUnits",
    "Dimensions": [{"Name": "TableName", "Value": "Nowhere"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}


@pytest.fixture(scope="module")
def doors(request):
    with module_mount_of(request, "alarms") as mount:
        mount.remount("http=127.0.0.1:0")
        yield mount


@pytest.fixture(scope="module")
def cloudwatch(doors):
    """Asks over HTTP: the answer's status and members."""
    return asker(http_door(doors))


def asker(api):
    def ask(operation, **members):
        host, _, port = api.url.split("//")[1].rpartition(":")
        api.host, api.port = host, int(port)
        with api.connect() as connection:
            connection.send(
                http_request(operation, members, x_amz_target=f"{TARGET}.{operation}")
            )
            answer = connection.answer()
        return answer.status, json.loads(answer.body) if answer.body else {}

    return ask


@pytest.fixture
def alarms(doors):
    return doors / ".alarms"


@pytest.fixture
def path(alarms):
    """Of an alarm that is not there yet."""
    return alarms / f"a{next(serial)}.json"


@pytest.fixture(params=["bash", "dash"])
def shell_name(request):
    return request.param


@pytest.fixture
def shell(shell_name, doors):
    def run(script, *arguments, **how):
        return doors.run(shell_name, "-c", script, shell_name, *arguments, **how)

    return run


def text_of(**more):
    return json.dumps(ALARM | more)


def put(path, **more):
    save(path, text_of(**more))


def alarm(path):
    return json.loads(read(path))


def settings(path):
    """What was put, of what is read."""
    members = alarm(path)
    return {name: members[name] for name in ALARM}


def log_lines(path):
    """What the log tells of this alarm: "created", "INSUFFICIENT_DATA ALARM"."""
    lines = [json.loads(line) for line in read(path.parent / ".log").splitlines()]
    own = [line for line in lines if line["name"] == path.stem]
    return [line.get("change") or f"{line['old']} {line['new']}" for line in own]


# Writing and reading


def test_a_shell_writes_an_alarm_and_reads_it_with_its_state(shell, path):
    shell('printf "%s\\n" "$1" > "$2"', text_of(TreatMissingData="breaching"), path)
    told = alarm(path)
    assert settings(path) == ALARM
    assert told["Namespace"] == "AWS/DynamoDB"
    assert told["StateValue"] == "ALARM"
    assert told["StateReason"] == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing "
        "datapoints were treated as [Breaching]."
    )
    assert abs(told["StateUpdatedTimestamp"] - time.time()) < 60
    assert "AlarmName" not in told
    assert log_lines(path) == ["created", "INSUFFICIENT_DATA ALARM"]


def test_an_alarm_of_a_table_that_is_not_there_has_insufficient_data(path):
    put(path)
    assert alarm(path)["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm(path)["StateReason"] == "Unchecked: Initial alarm creation"


def test_what_is_read_can_be_changed_and_written(shell, path):
    put(path, TreatMissingData="breaching", AlarmDescription="é \"x\"", AlarmActions=["arn:x"])
    before = alarm(path)
    shell('new=$(jq ".Threshold = 7.25 | .StateValue = \\"OK\\"" "$1") && echo "$new" > "$1"', path)
    after = alarm(path)
    assert after["Threshold"] == 7.25
    changing = {"Threshold", "AlarmConfigurationUpdatedTimestamp"}
    assert {name for name in before if before[name] != after[name]} == changing
    assert log_lines(path) == ["created", "INSUFFICIENT_DATA ALARM", "updated"]


def python(script):
    def edit(mount, path, old, new):
        mount.run("/usr/bin/python3", "-c", f"import os, sys\npath, old, new = sys.argv[1:]\n{script}",
                  path, old, new)

    return edit


def bash(script):
    def edit(mount, path, old, new):
        mount.bash(f"set -e; outside=$HOME/outside; {script}", path, old, new)

    return edit


SAVERS = {
    "redirect": bash('text=$(sed "s/$2/$3/" "$1"); echo "$text" > "$1"'),
    "tee": bash('text=$(sed "s/$2/$3/" "$1"); echo "$text" | tee "$1" >/dev/null'),
    "cp": bash('sed "s/$2/$3/" "$1" >$outside; cp $outside "$1"'),
    "mv from outside": bash('sed "s/$2/$3/" "$1" >$outside; mv $outside "$1"'),
    "mv of scratch": bash('sed "s/$2/$3/" "$1" > "$1.tmp"; mv "$1.tmp" "$1"'),
    "sed -i": bash('sed -i "s/$2/$3/" "$1"'),
    "rsync": bash('sed "s/$2/$3/" "$1" >$outside; rsync --inplace $outside "$1"; rsync $outside "$1"'),
    "install": bash('sed "s/$2/$3/" "$1" >$outside; install -m 644 $outside "$1"'),
    "python in place": python(
        'with open(path, "r+") as f:\n t = f.read().replace(old, new)\n f.seek(0)\n f.write(t)\n f.truncate()'
    ),
    "python replace": python(
        't = open(path).read().replace(old, new)\n'
        'with open(path + "~", "w") as f: f.write(t)\nos.replace(path + "~", path)'
    ),
    "byte by byte": python(
        't = open(path).read().replace(old, new)\n'
        'with open(path, "wb", buffering=0) as f:\n for c in t.encode(): f.write(bytes([c]))'
    ),
    "vim": vim(),
    "vim with a backup": vim("backup", "backupcopy=yes"),
    "emacs": emacs,
    "nano": nano,
}


@pytest.mark.parametrize("saver", SAVERS)
def test_every_way_of_saving_changes_the_alarm(doors, path, saver):
    put(path, AlarmDescription="before", TreatMissingData="breaching")
    SAVERS[saver](doors, path, "before", "after")
    assert alarm(path)["AlarmDescription"] == "after"
    assert alarm(path)["StateValue"] == "ALARM"
    told = log_lines(path)
    assert told[:2] == ["created", "INSUFFICIENT_DATA ALARM"]
    assert ("deleted" in told) == (saver in ("install", "mv from outside"))  # they remove first
    assert not [name for name in os.listdir(path.parent) if name.startswith(path.stem) and
                name not in (path.name, f"{path.name}~")]


def test_a_copy_is_another_alarm(doors, path):
    put(path, TreatMissingData="breaching")
    copy = path.with_name("copy of " + path.name)
    doors.run("cp", path, copy)
    assert settings(copy) == settings(path)
    assert log_lines(copy) == ["created", "INSUFFICIENT_DATA ALARM"]


def test_an_alarm_can_be_moved(doors, path):
    put(path)
    moved = path.with_name("moved-" + path.name)
    doors.run("mv", path, moved)
    assert not path.exists() and settings(moved) == ALARM
    assert log_lines(path) == ["created", "deleted"]


def test_an_alarm_does_not_become_a_scratch_file(path):
    put(path)
    with refused(errno.EPERM):
        os.rename(path, f"{path}~")
    assert settings(path) == ALARM


def test_rm_deletes_it(doors, path):
    put(path)
    doors.run("rm", path)
    assert not path.exists()
    with refused(errno.ENOENT):
        read(path)
    assert log_lines(path) == ["created", "deleted"]


def test_an_open_file_of_a_deleted_alarm_can_still_be_read(path):
    put(path)
    with opened(path, os.O_RDONLY) as fd:
        os.unlink(path)
        size = os.fstat(fd).st_size
        text = os.read(fd, 65536)
    assert len(text) == size
    assert json.loads(text)["Threshold"] == 5


@pytest.mark.parametrize("name", ["a%2Fb", "50%25", "it's ok", "é😀", "x.json", "%2Ehidden"])
def test_a_name_is_spelled_as_items_are(cloudwatch, alarms, name):
    save(alarms / f"{name}.json", text_of())
    real = name.replace("%2F", "/").replace("%25", "%").replace("%2E", ".")
    assert cloudwatch("DescribeAlarms", AlarmNames=[real])[1]["MetricAlarms"][0]["AlarmName"] == real
    assert f"{name}.json" in os.listdir(alarms)
    os.unlink(alarms / f"{name}.json")


def test_a_name_that_is_too_long_for_a_file_stands_in_the_text(cloudwatch, alarms):
    name = "long" * 63
    cloudwatch("PutMetricAlarm", AlarmName=name, **ALARM)
    (file,) = [one for one in os.listdir(alarms) if one.startswith("longlong")]
    assert len(file) == 255
    assert alarm(alarms / file)["AlarmName"] == name
    text = read_text(alarms / file)
    save(alarms / file, text.replace('"Threshold": 5.0', '"Threshold": 8.0'))
    assert alarm(alarms / file)["Threshold"] == 8
    with refused(errno.EINVAL):
        save(alarms / file, text_of())
    os.unlink(alarms / file)
    assert cloudwatch("DescribeAlarms", AlarmNames=[name])[1]["MetricAlarms"] == []


def test_the_listing_shows_alarms_alone_with_exact_sizes(doors, path):
    put(path)
    names = os.listdir(path.parent)
    assert path.name in names
    assert not [name for name in names if not name.endswith((".json", ".json~"))]
    assert path.stat().st_size == len(read(path))
    assert os.listdir(doors.path).count(".alarms") == 0
    tar = doors.bash(f'tar cf - .alarms/{path.name} | tar xOf -')
    assert tar.stdout == read_text(path)


def test_the_time_of_the_file_is_that_of_the_last_change(doors, path):
    put(path, TreatMissingData="ignore")
    first = path.stat().st_mtime
    assert first == pytest.approx(alarm(path)["AlarmConfigurationUpdatedTimestamp"], abs=0.001)
    doors.dynamount("call", doors.path, "SetAlarmState", json.dumps(
        {"AlarmName": path.stem, "StateValue": "ALARM", "StateReason": "a drill"}))
    assert path.stat().st_mtime > first


# What makes no sense


WRONG = [
    ({"MetricName": "Reads"}, "MetricName is Reads: AWS/DynamoDB has no such metric"),
    ({"Dimensions": []}, "ConsumedReadCapacityUnits comes by TableName"),
    ({"Dimensions": [{"Name": "Table", "Value": "x"}]}, "AWS/DynamoDB has no dimension Table"),
    ({"Period": 0}, "'period' failed to satisfy constraint"),
    ({"Period": 10}, "a Period of 10 is for metrics of high resolution"),
    ({"Period": 90}, "Period is 90: it is to be a multiple of 60 seconds"),
    ({"DatapointsToAlarm": 4}, "DatapointsToAlarm, 4, is more than EvaluationPeriods, 3"),
    ({"EvaluationPeriods": 2000}, "Metrics cannot be checked across more than a day"),
    ({"Threshold": None}, "Threshold is missing"),
    ({"ExtendedStatistic": "p99"}, "Statistic and ExtendedStatistic exclude each other"),
    ({"Statistic": "Median"}, "'statistic' failed to satisfy constraint"),
    ({"Statistic": None}, "Statistic is missing"),
    ({"ComparisonOperator": "LessThanLowerThreshold"}, "ComparisonOperator is LessThanLowerThreshold"),
    ({"TreatMissingData": "maybe"}, "TreatMissingData is maybe"),
    ({"Tags": [{"Key": "a", "Value": "b"}]}, "Tags is not supported"),
    ({"Metrics": []}, "Metrics is not supported"),
    ({"Treshold": 5}, "an alarm has no member Treshold"),
    ({"AlarmName": "other"}, "AlarmName is other, which is not the name of this file"),
    ({"Namespace": "AWS/EC2"}, "Namespace is AWS/EC2"),
    ({"Period": "60"}, "STRING_VALUE cannot be converted to Integer"),
]


@pytest.mark.parametrize("more, message", WRONG, ids=[message[:30] for _, message in WRONG])
def test_what_makes_no_sense_fails_the_write_and_changes_nothing(doors, path, more, message):
    put(path)
    before = read(path)
    with opened(path, os.O_WRONLY | os.O_TRUNC) as fd:
        with refused(errno.EINVAL):
            write_all(fd, text_of(**more))
        assert message in doors.errors()
        assert read(path) == before
        os.ftruncate(fd, 0)
        write_all(fd, text_of(Threshold=6))
    assert alarm(path)["Threshold"] == 6
    assert log_lines(path) == ["created", "updated"]


def test_a_new_alarm_that_makes_no_sense_is_not_there(shell, doors, path):
    result = shell('echo "$1" > "$2"', text_of(Period=61), path, check=False)
    assert result.returncode != 0 and "rror" in result.stderr
    wait_until(lambda: not path.exists(), 5, "no alarm")
    assert log_lines(path) == []


def test_the_caret_is_at_the_member_that_is_wrong(doors, path):
    with refused(errno.EINVAL):
        save(path, json.dumps(ALARM | {"Period": 61}, indent=1))
    # The first about it is close()'s; the draft's own comes a little after.
    told = [entry for entry in doors.errors().split("path: ") if entry.startswith(f".alarms/{path.name}\n")]
    entry = told[0]
    _, line, caret = entry.splitlines()[2:5]
    assert '"Period": 61' in line
    assert caret.index("^") == line.index("61")


def test_text_that_is_cut_off_is_told_at_the_last_close(doors, path):
    put(path)
    before = read(path)
    with opened(path, os.O_WRONLY | os.O_TRUNC) as fd:
        write_all(fd, text_of()[:-1])
        with refused(errno.EINVAL):
            os.close(os.dup(fd))
        assert read(path) == before
        with pytest.raises(OSError):
            os.close(fd)
        fd = os.open("/dev/null", os.O_RDONLY)
    doors.wait_for_error(f".alarms/{path.name}", "the text ends before")
    assert read(path) == before


def test_emptying_the_file_deletes_nothing(shell, doors, path):
    put(path)
    before = read(path)
    shell(': > "$1" || true', path)
    doors.wait_for_error(f".alarms/{path.name}", "nothing was written: to delete an alarm, remove its file")
    assert read(path) == before


def test_what_is_appended_to_an_alarm_fails(shell, path):
    put(path)
    before = read(path)
    shell('echo >> "$1"', path)
    assert shell('echo "{}" >> "$1"', path, check=False).returncode != 0
    assert read(path) == before


def test_what_is_written_to_a_removed_file_makes_no_alarm(path):
    put(path)
    with opened(path, os.O_WRONLY | os.O_TRUNC) as fd:
        os.unlink(path)
        write_all(fd, text_of(Threshold=6))
    assert not path.exists()
    assert log_lines(path) == ["created", "deleted"]


def test_what_is_no_alarm_is_a_scratch_file(path):
    for name in (".x.swp", "note.txt", "4913", "x~"):
        save(path.parent / name, "anything")
        assert read(path.parent / name) == b"anything"
        os.unlink(path.parent / name)
    with refused(errno.EPERM):
        os.mkdir(path.parent / "sub")


# The log


def test_a_script_follows_the_log(doors, cloudwatch, shell_name, path):
    put(path, TreatMissingData="ignore")
    script = (
        'tail -n +1 -f -s 0.1 .alarms/.log | while read -r line; do '
        'printf "%s\\n" "$line" | '
        'jq -r "select(.name == \\"$1\\" and .new) | \\"\\(.old) \\(.new)\\"" >> "$2"; done'
    )
    told = doors.directory / f"told-{path.stem}"
    told.touch()
    process = subprocess.Popen(
        [shell_name, "-c", script, shell_name, path.stem, told], cwd=doors.path,
        env=doors.environment, start_new_session=True,
    )
    try:
        for state, expected in (("ALARM", "INSUFFICIENT_DATA ALARM\n"), ("OK", "ALARM OK\n")):
            before = told.read_text()
            cloudwatch("SetAlarmState", AlarmName=path.stem, StateValue=state, StateReason="drill")
            wait_until(lambda: told.read_text() == before + expected, COMMAND_SECONDS, expected)
    finally:
        end_group(process)


def test_the_log_is_a_file_that_only_grows(path):
    log = path.parent / ".log"
    put(path)
    before = read(log)
    put(path, Threshold=6)
    after = read(log)
    assert after.startswith(before) and after.endswith(b"\n")
    assert log.stat().st_size == len(after)
    line = json.loads(after[len(before):])
    assert line["name"] == path.stem and line["change"] == "updated"
    for flags in (os.O_WRONLY, os.O_RDWR | os.O_TRUNC):
        with refused(errno.EPERM, errno.EACCES):
            save(log, "x", flags)
    with refused(errno.EPERM):
        os.unlink(log)
    assert read(log) == after


def test_a_line_tells_time_states_reason_and_datapoints(path):
    put(path, TreatMissingData="breaching")
    line = [json.loads(text) for text in read(path.parent / ".log").splitlines()][-1]
    assert line.pop("time").startswith(time.strftime("%Y-%m-%dT", time.gmtime()))
    assert line == {
        "name": path.stem, "type": "StateUpdate", "old": "INSUFFICIENT_DATA", "new": "ALARM",
        "reason": alarm(path)["StateReason"], "datapoints": [],
    }


# The API


def test_an_alarm_made_over_http_is_a_file_at_once(cloudwatch, path):
    assert cloudwatch("PutMetricAlarm", AlarmName=path.stem, **ALARM)[0] == 200
    assert settings(path) == ALARM
    assert cloudwatch("PutMetricAlarm", AlarmName=path.stem, **(ALARM | {"Threshold": 0.1}))[0] == 200
    assert alarm(path)["Threshold"] == 0.1
    assert cloudwatch("DeleteAlarms", AlarmNames=[path.stem])[0] == 200
    assert not path.exists()


def test_a_file_is_an_alarm_over_http_at_once(cloudwatch, path):
    put(path, TreatMissingData="breaching")
    status, told = cloudwatch("DescribeAlarms", AlarmNames=[path.stem])
    (described,) = told["MetricAlarms"]
    assert status == 200
    assert described["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{path.stem}"
    assert {name: described[name] for name in ALARM} == ALARM
    assert described["StateValue"] == "ALARM"
    assert json.loads(described["StateReasonData"])["recentDatapoints"] == []


def test_errors_over_http_are_cloudwatchs(cloudwatch, path):
    status, error = cloudwatch("DeleteAlarms", AlarmNames=[path.stem])
    assert (status, error["__type"]) == (404, "com.amazonaws.cloudwatch.v2010_08_01#ResourceNotFound")
    status, error = cloudwatch("PutMetricAlarm", AlarmName=path.stem, **(ALARM | {"Period": 61}))
    assert status == 400
    assert error["__type"].endswith("#InvalidParameterValueException")
    assert error["message"] == "Period is 61: it is to be a multiple of 60 seconds"


def test_the_history_is_told_over_http(cloudwatch, path):
    put(path, TreatMissingData="breaching")
    os.unlink(path)
    items = cloudwatch("DescribeAlarmHistory", AlarmName=path.stem)[1]["AlarmHistoryItems"]
    assert [one["HistorySummary"] for one in items] == [
        f'Alarm "{path.stem}" deleted', "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f'Alarm "{path.stem}" created',
    ]


def test_the_same_through_files_of_operations_and_the_command_line(doors, path):
    doors.bash('echo "$1" > .api/PutMetricAlarm', text_of(AlarmName=path.stem))
    assert settings(path) == ALARM
    doors.dynamount("call", doors.path, "SetAlarmState", json.dumps(
        {"AlarmName": path.stem, "StateValue": "OK", "StateReason": "a drill"}))
    assert alarm(path)["StateReason"] == "a drill"
    told = doors.bash(
        'exec 3<>.api/DescribeAlarms; echo "$1" >&3; cat <&3', json.dumps({"AlarmNames": [path.stem]})
    )
    assert json.loads(told.stdout)["MetricAlarms"][0]["StateValue"] == "OK"


# Lasting, and judging


def test_alarms_survive_a_restart_and_a_kill(unstarted_mount):
    mount = unstarted_mount.start()
    path = mount / ".alarms" / "lasting.json"
    put(path, TreatMissingData="breaching", Threshold=0.1, AlarmActions=["arn:x"])
    before, log = read(path), read(path.parent / ".log")
    mount.remount()
    assert (read(path), read(path.parent / ".log")) == (before, log)
    mount.kill9()
    mount.start()
    assert (read(path), read(path.parent / ".log")) == (before, log)
    put(path, TreatMissingData="notBreaching")
    assert log_lines(path) == [
        "created", "INSUFFICIENT_DATA ALARM", "updated", "ALARM OK",
    ]
    mount.stop()
    mount.check()


@pytest.mark.limit(MINUTE_LIMIT)
def test_reading_a_table_sets_an_alarm_off_when_the_minute_is_over(mount):
    table = mount.table("Busy", "id:S")
    save(table / "x.json", "{}")
    path = mount / ".alarms" / "busy.json"
    put(
        path, Dimensions=[{"Name": "TableName", "Value": "Busy"}], EvaluationPeriods=1,
        Threshold=0, TreatMissingData="notBreaching",
    )
    assert alarm(path)["StateValue"] == "OK"
    request = json.dumps({"TableName": "Busy", "Key": {"id": {"S": "x"}}})
    mount.bash('echo "$1" > .api/GetItem; cat .api/GetItem', request)
    wait_until(lambda: alarm(path)["StateValue"] == "ALARM", 75, "the alarm")
    assert "1 out of the last 1 datapoint [0.5 (" in alarm(path)["StateReason"]
    (line,) = [
        line for line in map(json.loads, read(path.parent / ".log").splitlines())
        if line.get("new") == "ALARM"
    ]
    assert line["datapoints"][0]["value"] == 0.5
