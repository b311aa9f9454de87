"""The man pages: well formed, and complete as the program's own tables are."""

import re
import subprocess
from pathlib import Path

import pytest

import cli
from mounting import SOURCE

PAGES = {1: SOURCE / "tools/dynamount.1", 5: SOURCE / "tools/dynamount.5"}


def rendered(section):
    """The page's text on one line, so that nothing is missed at a line's end."""
    text = subprocess.run(
        ["mandoc", "-Tutf8", "-O", "width=1000", PAGES[section]], capture_output=True, text=True,
        check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    ).stdout  # fmt: skip
    return re.sub(r"\s+", " ", re.sub(r".\x08", "", text))


@pytest.fixture(scope="module", params=PAGES)
def page(request):
    return PAGES[request.param]


def commands(workdir):
    out = cli.run("--help", cwd=workdir).stdout
    return re.findall(r"^  dynamount ([a-z]+) ", out, re.MULTILINE)


def options(workdir, command):
    """The options of a command's --help, long and short."""
    out = cli.run(command, "--help", cwd=workdir).stdout
    for line in out.splitlines():
        if line.startswith("  -"):
            yield from re.findall(r"(?:^|, )(--?[a-z][a-z-]*)", line.strip().split("  ")[0])


def test_a_page_is_well_formed(page):
    lint = subprocess.run(
        ["mandoc", "-Tlint", "-W", "warning", page], capture_output=True, text=True
    )
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")


def test_man_shows_a_page_without_warnings(page):
    man = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True,
        text=True, env={"LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert (man.returncode, man.stderr) == (0, "")


def test_every_command_stands_in_the_manual(workdir):
    text = rendered(1)
    names = commands(workdir)
    assert {"mount", "query", "call", "tail"} <= set(names)
    assert [name for name in names if f"dynamount {name} " not in text] == []


def test_every_option_stands_in_the_manual(workdir):
    text = rendered(1)
    found = {option for name in commands(workdir) for option in options(workdir, name)}
    assert {"-f", "--limit", "--http"} <= found
    missing = [o for o in found if not re.search(rf"(?<![\w-]){re.escape(o)}(?![\w-])", text)]
    assert missing == []


def test_every_long_option_of_mount_is_a_mount_option_in_the_manual(workdir):
    section = rendered(5).split("MOUNT OPTIONS", 1)[1]
    names = [option[2:] for option in options(workdir, "mount") if option.startswith("--")]
    assert "scratch" in names
    assert [name for name in names if f"{name}=" not in section] == []


def test_every_special_file_stands_in_the_manual():
    names = re.findall(r'\.name = "(\.[a-z]+)"', (SOURCE / "fs/path.c").read_text())
    assert {".query", ".error", ".ctl"} <= set(names)
    text = rendered(5)
    assert [name for name in names if not re.search(rf"(?<!\w){re.escape(name)}\b", text)] == []


def test_every_error_number_stands_in_the_manual():
    classes = (SOURCE / "engine/base/error.c").read_text()
    numbers = set(re.findall(r"\b(E[A-Z]+) \},", classes))
    for path in Path(SOURCE / "fs").glob("*.c"):
        numbers |= set(re.findall(r"(?:return -|\.errnum = )(E[A-Z]+)\b", path.read_text()))
    assert {"EINVAL", "ESTALE", "EROFS"} <= numbers
    text = rendered(5)
    assert [number for number in sorted(numbers) if f"[{number}]" not in text] == []


def test_every_environment_variable_stands_in_the_manual():
    sources = [SOURCE / "tools/client_remote.c", SOURCE / "tools/key_option.c"]
    source = "".join(path.read_text() for path in sources)
    names = set(re.findall(r'"((?:AWS|DYNAMOUNT)_[A-Z_]+)"', source))
    assert {"AWS_REGION", "DYNAMOUNT_KEY_FILE"} <= names
    text = rendered(1)
    assert [name for name in names if name not in text] == []
