"""The JavaScript SDK v3: javascript.mjs runs once, each of its steps is a test."""

import json
import shutil
import subprocess

import pytest

from mounting import COMMAND_SECONDS, SOURCE, environment

PACKAGES = ("@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb")
DIRECTORY = SOURCE / ".oracles" / "javascript"
INSTALL_SECONDS = 200

STEPS = {
    "create": "SUCCESS",
    "every_type": "same",
    "missing": True,
    "update": {"count": 1},
    "batch_and_pages": 25,
    "condition": "refused",
    "cancelled": ["None", "ConditionalCheckFailed"],
    "statement": [{"count": 1}],
    "no_table": "ResourceNotFoundException",
    "remove": "SUCCESS",
}

pytestmark = pytest.mark.limit(INSTALL_SECONDS + 60)


def sdk():
    """Where the packages are, fetched when they are not there yet."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")
    if all((DIRECTORY / "node_modules" / package).is_dir() for package in PACKAGES):
        return DIRECTORY
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", DIRECTORY, *PACKAGES],
            check=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL, capture_output=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"npm could not fetch the SDK ({error})")
    return DIRECTORY


@pytest.fixture(scope="module")
def results(request):
    packages = sdk()
    api = request.getfixturevalue("api")
    result = subprocess.run(
        [shutil.which("node"), SOURCE / "tests" / "e2e" / "javascript.mjs", packages, api.url],
        capture_output=True, text=True, timeout=COMMAND_SECONDS, env=environment(api.directory),
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stderr
    return dict(json.loads(line) for line in result.stdout.splitlines())


def test_every_step_is_tested(results):
    assert set(results) == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_the_javascript_sdk(results, step):
    assert results[step] == STEPS[step]
