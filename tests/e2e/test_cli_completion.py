"""Completion in bash, asked as readline asks it."""

import os
import subprocess

import pytest

import cli
from conftest import mounted, served
from mounting import SOURCE, environment

SCRIPT = r"""
. /usr/share/bash-completion/bash_completion
. "$1/tools/dynamount.bash-completion"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
# The words, as readline divides them.
read -r -d '' -a COMP_WORDS < <(sed 's/[:=]/ & /g' <<< "$COMP_LINE")
[[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
$(complete -p dynamount | sed 's/.*-F \([^ ]*\) .*/\1/') dynamount
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(workdir):
    """The candidates for a line that ends at the cursor."""

    def run(line, cwd=workdir):
        result = subprocess.run(
            ["bash", "-c", SCRIPT, "bash", SOURCE, line], cwd=cwd, env=environment(workdir),
            capture_output=True, text=True, timeout=50,
        )  # fmt: skip
        assert result.stderr == ""
        return result.stdout.split()

    return run


@pytest.fixture
def data(workdir):
    """A data directory `data` with two tables, that nobody has open."""
    with served(workdir) as server:
        server.start()
    for name in ("Movies", "Music", "Users"):
        cli.run("create", f"data/{name}", "id:S", cwd=workdir)
    return workdir / "data"


def test_commands_are_completed(complete):
    assert complete("dynamount que") == ["query"]
    assert complete("dynamount c") == ["check", "call", "create"]


def test_every_command_is_offered(complete, workdir):
    offered = complete("dynamount ")
    out = cli.run("--help", cwd=workdir).stdout
    named = [line.split()[1] for line in out.splitlines() if line.startswith("  dynamount ")][:-1]
    assert set(named) < set(offered)
    assert "--complete" not in offered


def test_options_of_a_command_are_completed(complete):
    assert complete("dynamount tail --f") == ["--follow"]
    assert complete("dynamount query -") == ["-n", "--limit=", "--key-file=", "--help"]
    assert "--http=" in complete("dynamount mount data mnt --")
    assert complete("dynamount umount -") == ["--help"]


def test_values_of_an_option_are_completed(complete):
    assert complete("dynamount serve --durability=") == ["strict", "relaxed"]
    assert complete("dynamount serve --durability=r") == ["relaxed"]


def test_files_are_completed_for_options_that_take_them(complete, workdir):
    (workdir / "keys.json").touch()
    assert complete("dynamount serve --credentials=ke") == ["keys.json"]
    assert complete("dynamount serve --credentials ke") == ["keys.json"]


def test_the_key_goes_in_any_place(complete, data, workdir):
    (workdir / "secret.key").touch()
    assert complete("dynamount --key-file=se") == ["secret.key"]
    assert complete("dynamount --key-file se") == ["secret.key"]
    assert complete("dynamount tables --key-file=se") == ["secret.key"]
    assert complete("dynamount restore --key-f") == ["--key-file="]
    assert complete("dynamount --key-file=x quer") == ["query"]
    assert complete("dynamount --key-file x tables da") == ["data"]


def test_operations_are_completed(complete, data):
    assert complete("dynamount call data GetI") == ["GetItem"]
    assert complete("dynamount call --help TransactW") == ["TransactWriteItems"]


def test_directories_are_completed(complete, data, workdir):
    (workdir / "dir").mkdir()
    (workdir / "dat.txt").touch()
    assert sorted(complete("dynamount tables d")) == ["data", "dir"]
    assert complete("dynamount check da") == ["data"]


def test_tables_of_a_data_directory_are_completed(complete, data):
    assert complete("dynamount query data/M") == ["data/Movies", "data/Music"]
    assert complete("dynamount tail -n 5 data/Mo") == ["data/Movies"]
    assert complete(f"dynamount query {data}/U") == [f"{data}/Users"]
    assert "Movies" in complete("dynamount explain ", cwd=data)


def test_tables_of_a_served_data_directory_and_a_URL_are_completed(complete, data, workdir):
    with served(workdir) as server:
        server.start()
        assert complete("dynamount query data/Mo") == ["data/Movies"]
        # What stands before the last colon is readline's already.
        assert complete(f"dynamount query {server.url}/Mo") == [f"{server.port}/Movies"]


def test_tables_of_a_mount_are_completed(complete, data, workdir):
    with mounted(workdir) as mount:
        mount.start()
        assert complete("dynamount query mnt/Mo") == ["mnt/Movies"]
        assert complete("dynamount query Mu", cwd=mount.path) == ["Music"]
        mount.stop()


def test_after_its_arguments_nothing_is_completed(complete, data):
    assert complete("dynamount query data/Movies year ") == []
    assert complete("dynamount tables data ") == []
    assert complete("dynamount nonsense ") == []


def test_completion_is_quiet_where_nothing_answers(complete, workdir):
    assert complete("dynamount query nowhere/M") == []
    assert complete("dynamount query http://127.0.0.1:1/M") == []
    assert os.listdir(workdir) == []


def test_a_directory_that_is_completed_makes_none_of_data(complete, workdir):
    (workdir / "empty").mkdir()
    complete("dynamount query empty/M")
    assert os.listdir(workdir / "empty") == []
