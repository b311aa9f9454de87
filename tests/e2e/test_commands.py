"""The dynamount command: help, errors that reach the terminal, daemons, check."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import mounted
from mounting import (
    DYNAMOUNT,
    STOP_SECONDS,
    changes,
    description,
    environment,
    is_mounted,
    items_below,
    read_text,
    refused,
    save,
    wait_until,
)


@pytest.fixture
def command(workdir):
    """Runs dynamount without any mount: its result, whatever it is."""

    def run(*arguments, **how):
        how.setdefault("env", environment(workdir))
        return subprocess.run(
            [DYNAMOUNT, *map(str, arguments)],
            cwd=workdir,
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            **how,
        )

    return run


@pytest.fixture
def background(unstarted_mount):
    """Directories for a daemon that goes to the background; ended by its pid."""
    mount = unstarted_mount
    yield mount
    if is_mounted(mount.path):
        subprocess.run(["fusermount3", "-uz", mount.path], timeout=STOP_SECONDS)
    pid = holder(mount)
    if pid and os.path.exists(f"/proc/{pid}"):
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), STOP_SECONDS, "ending")


def holder(mount):
    """The process that holds the data directory, or None."""
    lock = mount.data / "lock"
    found = re.search(r"\d+", lock.read_text()) if lock.exists() else None
    return int(found[0]) if found else None


# Help and usage


def test_help_goes_to_standard_output_and_ends_with_0(command):
    result = command("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert all(word in result.stdout for word in ("mount", "umount", "check", "--help"))


@pytest.mark.parametrize("name", ["mount", "umount", "check"])
def test_each_command_has_its_own_help(command, name):
    result = command(name, "--help")
    assert result.returncode == 0
    assert name in result.stdout


def test_help_of_mount_lists_its_options(command):
    text = command("mount", "--help").stdout
    assert "-o" in text and "-f" in text


def test_version_names_program_and_version(command):
    result = command("--version")
    assert result.returncode == 0
    assert re.match(r"dynamount \d+\.\d+\.\d+", result.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nonsense"], ["--nonsense"], ["mount"], ["mount", "--nonsense", "a", "b"], ["mount", "a"],
        ["mount", "a", "b", "c"], ["umount"], ["umount", "a", "b"], ["check"], ["check", "--nonsense", "a"],
        ["mount", "a", "b", "-o"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_command_line_is_told_on_standard_error(command, arguments):
    result = command(*arguments)
    assert result.returncode not in (0, -6, -11)
    assert "dynamount" in result.stderr
    assert result.stdout == ""


def test_an_unknown_option_is_named(command):
    assert "--nonsense" in command("mount", "--nonsense", "a", "b").stderr


def test_an_unknown_mount_option_is_named(command, workdir):
    (workdir / "m").mkdir()
    result = command("mount", "d", "m", "-o", "nonsense=1")
    assert result.returncode != 0
    assert "nonsense" in result.stderr
    assert not is_mounted(workdir / "m")


def test_an_unknown_command_is_named(command):
    assert "nonsense" in command("nonsense").stderr


# Start-up errors reach the terminal, in the foreground and in the background


@pytest.fixture(params=[["-f"], []], ids=["foreground", "background"])
def how(request):
    return request.param


def test_a_missing_mount_point_is_told(command, workdir, how):
    result = command("mount", "data", "nowhere", *how)
    assert result.returncode != 0
    assert "nowhere" in result.stderr
    assert os.strerror(errno.ENOENT) in result.stderr


def test_a_mount_point_that_is_a_file_is_told(command, workdir, how):
    (workdir / "file").write_text("")
    result = command("mount", "data", "file", *how)
    assert result.returncode != 0
    assert "file" in result.stderr


def test_a_data_directory_that_is_a_file_is_told(command, workdir, how):
    (workdir / "file").write_text("")
    (workdir / "m").mkdir()
    result = command("mount", "file", "m", *how)
    assert result.returncode != 0
    assert "file" in result.stderr
    assert not is_mounted(workdir / "m")


def test_a_data_directory_without_a_parent_is_told(command, workdir, how):
    (workdir / "m").mkdir()
    result = command("mount", "no/where", "m", *how)
    assert result.returncode != 0
    assert "no/where" in result.stderr


def test_a_data_directory_that_is_something_else_is_not_taken_over(command, workdir, how):
    """A catalogue that is no Berkeley DB file is reported, not overwritten."""
    (workdir / "data").mkdir()
    (workdir / "data/catalog.db").write_text("precious notes")
    (workdir / "m").mkdir()
    result = command("mount", "data", "m", *how)
    assert result.returncode != 0
    assert result.stderr != ""
    assert (workdir / "data/catalog.db").read_text() == "precious notes"


def test_a_second_mount_of_the_data_names_the_process_that_holds_it(mount, how):
    (mount.directory / "m2").mkdir()
    result = mount.dynamount("mount", mount.data, "m2", *how, check=False)
    assert result.returncode != 0
    assert str(mount.process.pid) in result.stderr
    assert not is_mounted(mount.directory / "m2")


def test_check_of_data_in_use_names_the_process_that_holds_it(mount):
    result = mount.dynamount("check", mount.data, check=False)
    assert result.returncode != 0
    assert str(mount.process.pid) in result.stderr


def test_a_second_mount_on_the_same_point_is_refused(mount, how):
    result = mount.dynamount("mount", "data2", mount.path, *how, check=False)
    assert result.returncode != 0
    assert str(mount.path) in result.stderr


def test_a_mount_point_inside_the_data_directory_is_refused(command, workdir, how):
    (workdir / "data/m").mkdir(parents=True)
    assert command("mount", "data", "data/m", *how).returncode != 0
    assert not is_mounted(workdir / "data/m")


# In the background


def test_mount_returns_when_the_mount_can_be_used(background):
    background.dynamount("mount", background.data, background.path)
    assert is_mounted(background.path)
    table = background.table("Users", "id:S")
    save(table / "a.json", "{}")
    assert os.listdir(table) == ["a.json"]
    background.dynamount("umount", background.path)


def test_mount_in_the_background_prints_nothing(background):
    result = background.dynamount("mount", background.data, background.path)
    assert (result.stdout, result.stderr) == ("", "")
    background.dynamount("umount", background.path)


def test_mount_in_the_background_lets_go_of_terminal_and_directory(background):
    background.dynamount("mount", background.data, background.path)
    pid = holder(background)
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    for fd in (0, 1):
        assert os.readlink(f"/proc/{pid}/fd/{fd}") == "/dev/null"
    background.dynamount("umount", background.path)


def test_relative_directories_work_in_the_background(background):
    background.dynamount("mount", "data", "mnt")
    background.table("Users", "id:S")
    background.dynamount("umount", "mnt")
    background.dynamount("mount", "data", "mnt")
    assert os.listdir(background.path) == ["Users"]
    background.dynamount("umount", "mnt")


def test_umount_ends_the_daemon_before_it_returns(background):
    """So that the data can be mounted again at once."""
    for n in range(3):
        background.dynamount("mount", background.data, background.path)
        if n == 0:
            background.table("Users", "id:S")
        background.dynamount("umount", background.path)
        assert not is_mounted(background.path)
    background.check()


def test_umount_of_what_is_not_mounted_is_told(command, workdir):
    (workdir / "m").mkdir()
    result = command("umount", "m")
    assert result.returncode != 0
    assert "m" in result.stderr and "not" in result.stderr


def test_umount_of_another_file_system_is_refused(command):
    result = command("umount", "/proc")
    assert result.returncode != 0
    assert is_mounted("/proc")


def test_umount_of_a_mount_in_use_is_told_and_leaves_it(background):
    background.dynamount("mount", background.data, background.path)
    fd = os.open(background.path, os.O_RDONLY)
    result = background.dynamount("umount", background.path, check=False)
    assert result.returncode != 0
    assert "busy" in result.stderr.lower()
    os.close(fd)
    assert is_mounted(background.path)
    background.dynamount("umount", background.path)


def test_umount_clears_a_mount_whose_daemon_was_killed(unstarted_mount):
    mount = unstarted_mount.start()
    mount.process.kill()
    mount.process.wait(STOP_SECONDS)
    mount.process = None
    mount.dynamount("umount", mount.path)
    assert not is_mounted(mount.path)


def test_mounting_anew_clears_a_mount_whose_daemon_was_killed(unstarted_mount):
    mount = unstarted_mount.start()
    mount.table("Users", "id:S")
    mount.process.kill()
    mount.process.wait(STOP_SECONDS)
    mount.process = None
    mount.dynamount("mount", mount.data, mount.path)
    try:
        assert os.listdir(mount.path) == ["Users"]
    finally:
        mount.dynamount("umount", mount.path)


def test_a_terminate_signal_ends_the_daemon_cleanly(unstarted_mount):
    mount = unstarted_mount.start()
    save(mount.table("Users", "id:S") / "a.json", "{}")
    mount.process.terminate()
    assert mount.process.wait(STOP_SECONDS) == 0
    mount.process = None
    assert not is_mounted(mount.path)
    mount.expect_no_crash()
    mount.check()


def test_an_interrupt_ends_the_daemon_cleanly(unstarted_mount):
    mount = unstarted_mount.start()
    mount.process.send_signal(signal.SIGINT)
    assert mount.process.wait(STOP_SECONDS) == 0
    mount.process = None
    assert not is_mounted(mount.path)


# Other ways to mount


def test_dynamount_DATA_MNT_mounts_as_fstab_needs_it(background):
    background.dynamount(background.data, background.path, "-o", "rw,noatime")
    assert is_mounted(background.path)
    background.dynamount("umount", background.path)


def test_mount_t_fuse_dynamount_mounts(background):
    """By its path, since mount(8) looks for programs only where they are installed."""
    if os.getuid() != 0:
        pytest.skip("mount(8) of a FUSE file system needs root")
    background.data.mkdir()
    background.run(
        "mount", "-t", f"fuse.{DYNAMOUNT}", background.data, background.path, "-o", "rw,noatime",
        cwd=background.directory,
    )
    background.table("Users", "id:S")
    assert os.listdir(background.path) == ["Users"]
    background.dynamount("umount", background.path)


def test_umount_8_unmounts(background):
    if os.getuid() != 0:
        pytest.skip("umount(8) of another's mount needs root")
    background.dynamount("mount", background.data, background.path)
    background.run("umount", background.path, cwd=background.directory)
    assert not is_mounted(background.path)


def test_a_data_directory_is_made_when_it_is_missing(mount):
    assert mount.data.is_dir()
    assert os.stat(mount.data).st_mode & 0o077 == 0


# Read only


@pytest.fixture
def read_only(mount):
    table = mount.table("Users", "id:S")
    save(table / "a.json", '{"a": 1}')
    mount.remount("ro")
    return mount


def test_a_read_only_mount_is_read(read_only):
    assert items_below(read_only.path) == ["Users/a.json"]
    assert read_text(read_only / "Users/a.json") == '{"a": 1}'
    assert description(read_only / "Users")["ItemCount"] == 1
    assert json.loads(read_text(read_only / "Users/.export")) == {"id": "a", "a": 1}


@pytest.mark.parametrize(
    "act",
    [
        lambda users: save(users / "a.json", "{}"),
        lambda users: save(users / "b.json", "{}"),
        lambda users: os.unlink(users / "a.json"),
        lambda users: os.rename(users / "a.json", users / "b.json"),
        lambda users: os.utime(users / "a.json"),
        lambda users: os.mkdir(users.parent / "Other"),
        lambda users: os.rmdir(users),
        lambda users: save(users / ".import", '{"id": "c"}\n', os.O_WRONLY),
        lambda users: save(users / ".schema", "id:S\n", os.O_WRONLY),
        lambda users: save(users / "x.tmp", "scratch"),
        lambda users: os.truncate(users / "a.json", 0),
    ],
    ids="write create unlink rename utime mkdir rmdir import schema scratch truncate".split(),
)
def test_a_read_only_mount_answers_EROFS_to(read_only, act):
    with refused(errno.EROFS):
        act(read_only / "Users")
    assert read_text(read_only / "Users/a.json") == '{"a": 1}'


# check


@pytest.fixture
def data(mount):
    """A data directory with something in it, not mounted."""
    table = mount.table("Movies", "year:N title:S")
    (table / "2013").mkdir()
    for n in range(50):
        save(table / f"2013/Movie {n}.json", '{"plot": "' + "x" * 500 + '"}')
    mount.stop()
    return mount


def test_check_of_sound_data_ends_with_0_and_counts(data):
    result = data.check()
    assert "50" in result.stdout


def test_check_of_an_empty_data_directory_is_clean(mount):
    mount.stop()
    mount.check()


def test_check_changes_nothing(data):
    data.check()
    data.check()
    data.start()
    assert len(os.listdir(data / "Movies/2013")) == 50


def test_check_of_a_missing_directory_is_told_and_makes_none(command, workdir):
    result = command("check", "nowhere")
    assert result.returncode != 0
    assert "nowhere" in result.stderr
    assert not (workdir / "nowhere").exists()


def test_check_finds_a_damaged_table(data):
    (path,) = [path for path in data.data.iterdir() if path.name.startswith("table")]
    content = bytearray(path.read_bytes())
    at = content.rindex(b"x" * 200)
    content[at - 60 : at + 100] = os.urandom(160)
    path.write_bytes(content)
    result = data.dynamount("check", data.data, check=False)
    assert result.returncode not in (0, -6, -11)
    assert "Movies" in result.stdout + result.stderr


def change_a_byte(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("place", ["catalog.db", "counts.db", "journal-alarms.db", "table-*.db", "log.*"])
def test_one_changed_bit_is_found_and_is_no_crash(data, place):
    """In a page of a B-tree after its first, and where the log then seems to end."""
    (path,) = list(data.data.glob(place))
    change_a_byte(path, 200 if place == "log.*" else 4096 + 500)
    result = data.dynamount("check", data.data, check=False)
    assert result.returncode == 1 and "amaged" in result.stdout + result.stderr, result
    assert place == "log.*" or path.name in result.stdout + result.stderr, result
    for command in (["tables", "-l", data.data], ["export", "-q", f"{data.data}/Movies"]):
        result = data.dynamount(*command, check=False)
        assert result.returncode in (0, 1), result
        assert result.returncode == 0 or "dynamount check" in result.stderr, result


def test_a_first_page_that_makes_no_sense_is_told_with_its_file(data):
    path = data.data / "counts.db"
    path.write_bytes(os.urandom(4096) + path.read_bytes()[4096:])
    assert "counts.db or the log is damaged" in data.dynamount("tables", data.data, check=False).stderr
    assert "counts.db; restore a backup" in data.dynamount("check", data.data, check=False).stderr


def test_check_finds_a_table_cut_short(data):
    (path,) = [path for path in data.data.iterdir() if path.name.startswith("table")]
    os.truncate(path, path.stat().st_size // 2)
    result = data.dynamount("check", data.data, check=False)
    assert result.returncode not in (0, -6, -11)


def test_data_can_be_copied_when_not_mounted(data):
    copy = data.directory / "copy"
    shutil.copytree(data.data, copy)
    result = data.dynamount("check", copy)
    assert "50" in result.stdout


# Starting


def test_starting_on_an_existing_data_directory_is_quick(data):
    begun = time.monotonic()
    data.start()
    assert time.monotonic() - begun < 5
    assert len(os.listdir(data / "Movies/2013")) == 50


def test_a_mount_that_does_nothing_stays_under_100_megabytes(data):
    data.start(asan="quarantine_size_mb=1")
    with changes(data / "Movies"):
        os.listdir(data / "Movies/2013")
    assert data.memory() < 200 << 20


def test_a_mount_point_with_blanks_and_unicode_in_its_name_works(workdir):
    odd = workdir / "a directory, ünïcode & \\ 100%"
    odd.mkdir()
    with mounted(odd) as mount:
        mount.start()
        save(mount.table("Users", "id:S") / "a.json", "{}")
        mount.remount()
        assert os.listdir(mount / "Users") == ["a.json"]
        mount.stop()
