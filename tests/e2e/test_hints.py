"""What is easily got wrong comes with a word in .error on what to do instead."""

import errno

import pytest
from mounting import read_text, refused, save

ROOT = "this file belongs to the root of the mount"
TABLE = "this file belongs to a table: TABLE/ before its name"
CONTROL = "this file belongs to a transaction: .transact/NAME/.ctl"


@pytest.fixture
def users(mount):
    return mount.table("Users", "id:S")


@pytest.mark.parametrize(
    "path, hint",
    [
        (".query", TABLE),
        ("Users/x/.query", TABLE),
        ("Users/.partiql", ROOT),
        ("Users/.error", ROOT),
        (".ctl", CONTROL),
    ],
)
def test_a_special_file_in_a_wrong_directory_is_EPERM_with_its_place(mount, path, hint):
    mount.table("Users", "id:S n:N")
    (mount / "Users" / "x").mkdir()
    with refused(errno.EPERM):
        save(mount / path, "year = 2013\n")
    assert f"path: {path}\nmessage: {hint}\n" in mount.errors()


def test_a_control_file_without_its_dot_is_EPERM_with_its_name(mount, users):
    (mount / ".transact" / "pay").mkdir()
    with refused(errno.EPERM):
        save(mount / ".transact" / "pay" / "ctl", "commit\n")
    assert ".ctl, which takes commit or abort" in mount.errors()


@pytest.mark.parametrize("name", [".stream", ".follow"])
def test_a_stream_that_is_off_is_ENOENT_with_how_to_enable_it(mount, users, name):
    save(users / ".stream", "NONE\n")
    with refused(errno.ENOENT):
        read_text(users / name)
    assert "no stream: echo NEW_AND_OLD_IMAGES > .stream enables it" in mount.errors()


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_a_condition_that_breaks_off_has_its_caret_at_the_end_of_its_line(mount, users, shell):
    result = mount.run(shell, "-c", 'echo "id = 1 AND" > Users/.query', check=False)
    assert result.returncode != 0
    assert "line 1, column 11:\nid = 1 AND\n          ^\n" in mount.errors()


@pytest.mark.parametrize(
    "statement, code",
    [("SELECT * FROM Nobody", errno.ENOENT), ("SELECT * FROM Users.nothing", errno.EINVAL)],
)
def test_a_SELECT_of_what_is_not_there_fails_its_write(mount, users, statement, code):
    with refused(code):
        save(mount / ".partiql", statement + "\n")
    assert "path: .partiql\nmessage: " in mount.errors()
