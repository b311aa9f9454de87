"""Packages of npm that tests need, fetched once into the ignored folder."""

import fcntl
import shutil
import subprocess

import pytest

from mounting import SOURCE

DIRECTORY = SOURCE / ".oracles"
INSTALL_SECONDS = 200


def install(name, *packages):
    """The directory whose node_modules holds them; skips the test where npm has none.

    A package may be pinned, NAME@VERSION; the directory is then to be named so too.
    """
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")
    directory = DIRECTORY / name
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several processes run the tests
        if not all(is_installed(directory, package) for package in packages):
            fetch(directory, packages)
    return directory


def is_installed(directory, package):
    scope, _, version = package.rpartition("@")
    return (directory / "node_modules" / (scope or package) / "package.json").exists()


def fetch(directory, packages):
    try:
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", directory, *packages],
            check=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL, capture_output=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm could not fetch {' '.join(packages)} ({error})")
