"""Fixtures, and the rule that a test which hangs fails.

A thread watches each phase of a test. When its time is over, it first kills
the daemons of the test, which frees whoever waits in a system call on their
mounts (such a wait ends only with the file system or the process), and then
raises in the main thread.
"""

import sys

sys.dont_write_bytecode = True  # the source tree is read only to us

import contextlib
import faulthandler
import itertools
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from mounting import DYNAMOUNT, SCRATCH_ROOT, STOP_SECONDS, Mount, is_mounted
from serving import Server

PHASE_SECONDS = 60
mounts = []  # of this process, alive or not
serial = itertools.count()


class Hang(Exception):
    pass


def raise_hang(*_):
    raise Hang("the test took longer than it may")


def end_hang(main):
    faulthandler.dump_traceback(all_threads=True)
    for mount in list(mounts):
        process = mount.process
        if process is not None and process.poll() is None:
            with contextlib.suppress(Exception):
                mount.log_stacks()
            process.kill()
    signal.pthread_kill(main, signal.SIGALRM)


@contextlib.contextmanager
def time_limit(item):
    marker = item.get_closest_marker("limit")
    seconds = marker.args[0] if marker else PHASE_SECONDS
    before = signal.signal(signal.SIGALRM, raise_hang)
    timer = threading.Timer(seconds, end_hang, [threading.main_thread().ident])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    with time_limit(item):
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_teardown(item):
    with time_limit(item):
        yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    with time_limit(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Ends the test's own mounts within the test, so that a crash fails it."""
    outcome = yield
    if outcome.excinfo is None:
        for mount in pyfuncitem.stash.get(OWN_MOUNTS, []):
            mount.stop()


OWN_MOUNTS = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    item.stash.setdefault(FAILED, []).append(report.failed)
    if report.failed:
        for mount in mounts:
            if mount.log_tail().strip():
                report.sections.append((f"log of {mount.path}", mount.log_tail()))


FAILED = pytest.StashKey()


# Each module is run by one worker, so that what its tests share is made once. These take longest
# and begin first, so that at the end no worker is left alone with one.
LONG_MODULES = (
    "test_backup_command", "test_import_command", "test_encryption", "test_export_command", "test_cli",
    "test_where", "test_saving", "test_capacity", "test_api_files", "test_console", "test_backups",
    "test_query_file", "test_export_file", "test_api_cli", "test_movies", "test_directories",
    "test_access_mount", "test_tables", "test_transact", "test_scratch", "test_metrics", "test_access_http",
    "test_editors", "test_http_listener", "test_audit", "test_export_import_api", "test_point_in_time",
)  # fmt: skip


def module_rank(item):
    name = item.path.stem
    return LONG_MODULES.index(name) if name in LONG_MODULES else len(LONG_MODULES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_collection_modifyitems(items):
    items.sort(key=module_rank)
    if not os.path.exists("/dev/fuse"):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="this machine has no /dev/fuse"))


def private_directory(name):
    name = re.sub(r"[^A-Za-z0-9_]+", "-", name)[:40]
    path = SCRATCH_ROOT / f"{os.getpid()}-{next(serial)}-{name}"
    path.mkdir(parents=True)
    return path.resolve()


def remove_directory(path):
    """Never walks into something that is still mounted."""
    for point in [path / "mnt", *path.glob("*/mnt")]:
        if is_mounted(point):
            return
    shutil.rmtree(path)


@contextlib.contextmanager
def module_directory(request, name):
    """A directory for what the tests of a module share; kept when one of them fails."""
    path = private_directory(name)
    failures = request.session.testsfailed
    yield path
    if request.session.testsfailed == failures:
        remove_directory(path)


def copy_directory(source, target):
    """A data directory that nobody has open; its logs have holes, and so has the copy."""
    subprocess.run(["cp", "-a", "--sparse=always", source, target], check=True)


@pytest.fixture
def workdir(request):
    """A directory of the test's own, on disk; kept when the test fails."""
    path = private_directory(request.node.name)
    yield path
    if not any(request.node.stash.get(FAILED, [])):
        remove_directory(path)


@contextlib.contextmanager
def mounted(directory, options=""):
    assert DYNAMOUNT.exists(), f"{DYNAMOUNT} is not built"
    mount = Mount(directory, options)
    mounts.append(mount)
    try:
        yield mount
    finally:
        mount.abandon()
        mounts.remove(mount)


@pytest.fixture
def unstarted_mount(request, workdir):
    """A Mount whose data directory is fresh and which does not run yet."""
    marker = request.node.get_closest_marker("mount_options")
    with mounted(workdir, marker.args[0] if marker else "") as mount:
        request.node.stash[OWN_MOUNTS] = [mount]
        yield mount


@pytest.fixture
def mount(unstarted_mount):
    """A fresh data directory, mounted; unmounted at the end, whatever happens."""
    return unstarted_mount.start()


@contextlib.contextmanager
def module_mount_of(request, name):
    """A mount that serves several tests of a module."""
    with module_directory(request, name) as path, mounted(path) as mount:
        yield mount.start()
        mount.stop()


@pytest.fixture(scope="module")
def module_mount(request):
    """One mount for the tests of a module that only look, or use own tables."""
    with module_mount_of(request, Path(request.node.name).stem) as mount:
        yield mount


@contextlib.contextmanager
def served(directory, *options):
    """A Server that does not run yet; ended at the end, whatever happens."""
    assert DYNAMOUNT.exists(), f"{DYNAMOUNT} is not built"
    server = Server(directory, *options)
    mounts.append(server)
    try:
        yield server
        if server.process is not None:
            server.stop()
    finally:
        server.abandon()
        mounts.remove(server)


@pytest.fixture(scope="module")
def api(request):
    """One `dynamount serve` for the tests of a module, each with tables of its own."""
    with module_directory(request, Path(request.node.name).stem) as path, served(path) as server:
        yield server.start()


@pytest.fixture(scope="module")
def db(api):
    """boto3's client, which sends what it is told to, sense or nonsense."""
    return api.client(parameter_validation=False)


@pytest.fixture
def own_api(workdir):
    """A `dynamount serve` of the test's own."""
    with served(workdir) as server:
        yield server.start()


@contextlib.contextmanager
def small_disk(path, size):
    """A file system of that size, as mount(8) writes it, at a new directory."""
    if os.getuid() != 0:
        pytest.skip("only root can make a small disk")
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "dynamount-test", path], check=True)
    try:
        yield path
    finally:
        while is_mounted(path):
            subprocess.run(["umount", path], check=True, timeout=STOP_SECONDS)
