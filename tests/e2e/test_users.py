"""Other users of a mount: what they may, and what they see of each other.

Root is needed to become another user.
"""

import errno
import os

import pytest

from mounting import read_text, refused, save

NOBODY = 65534
ITEM = '{"a": 1}'

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


@pytest.fixture
def table(mount):
    table = mount.table("Users", "id:S")
    save(table / "a.json", ITEM)
    for path in (mount.directory, mount.directory.parent):
        os.chmod(path, 0o755)
    return table


@pytest.fixture
def shared(mount, table):
    mount.remount("allow_other")
    return table


def as_nobody(mount, directory, program):
    """Runs Python as another user: what it printed, one line without its end."""
    prelude = f"import errno, os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    helper = """
def attempt(act):
    try:
        act()
        print("done")
    except OSError as error:
        print(errno.errorcode[error.errno])
def save(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(fd, text.encode())
    os.close(fd)
"""
    command = ["/usr/bin/python3", "-c", prelude + helper + program]
    return mount.run(*command, cwd="/", env={**mount.environment, "D": str(directory)}).stdout.rstrip("\n")


def test_another_user_does_not_get_in_without_allow_other(mount, table):
    assert as_nobody(mount, table, 'attempt(lambda: os.listdir(os.environ["D"]))') == "EACCES"


def test_another_user_reads_items_when_others_are_allowed(mount, shared):
    program = 'os.chdir(os.environ["D"]); print(os.listdir("."), open("a.json").read())'
    assert as_nobody(mount, shared, program) == f"['a.json'] {ITEM}"


@pytest.mark.parametrize(
    "act",
    [
        'save("a.json", "{}")', 'save("b.json", "{}")', 'os.unlink("a.json")',
        'os.rename("a.json", "b.json")', 'os.utime("a.json")', 'os.mkdir("../Other")', 'os.rmdir(".")',
        'os.rmdir("../Users")', 'save(".schema", "id:N")', 'save(".import", "{}")', 'save("x.tmp", "x")',
        'os.truncate("a.json", 0)', 'os.symlink("a", "x.tmp")', 'os.chmod("a.json", 0o644)',
    ],
)  # fmt: skip
def test_another_user_may_not(mount, shared, act):
    refusal = as_nobody(mount, shared, f'os.chdir(os.environ["D"]); attempt(lambda: {act})')
    assert refusal in ("EACCES", "EPERM", "EINVAL")
    assert os.listdir(shared) == ["a.json"]
    assert read_text(shared / "a.json") == ITEM
    assert os.listdir(mount.path) == ["Users"]


def test_scratch_of_one_user_is_not_seen_by_another(mount, shared):
    save(shared / "mine.tmp", "mine")
    program = 'os.chdir(os.environ["D"]); print(os.listdir("."), os.path.exists("mine.tmp"))'
    assert as_nobody(mount, shared, program) == "['a.json'] False"
    assert sorted(os.listdir(shared)) == ["a.json", "mine.tmp"]


def test_scratch_that_the_kernel_knows_is_not_given_to_another_user(mount, shared):
    """Names that were looked up are remembered for all users alike."""
    save(shared / "mine.tmp", "a secret")
    for _ in range(3):
        os.stat(shared / "mine.tmp")
        read_text(shared / "mine.tmp")
        program = 'os.chdir(os.environ["D"]); attempt(lambda: print(open("mine.tmp").read()))'
        assert as_nobody(mount, shared, program) in ("ENOENT", "EACCES")


def test_rejections_of_one_user_are_not_shown_to_another(mount, shared):
    with refused(errno.EINVAL):
        save(shared / "a.json", "{secret}")
    assert "secret" in mount.errors()
    assert as_nobody(mount, mount.path, 'print(open(os.environ["D"] + "/.error").read())') == ""


def test_an_export_may_be_read_by_others(mount, shared):
    program = 'print(open(os.environ["D"] + "/.export").read().strip())'
    assert as_nobody(mount, shared, program) == '{"id":"a","a":1}'
