"""The JavaScript SDK v3: javascript.mjs runs once, each of its steps is a test."""

import json
import shutil
import subprocess

import pytest

from mounting import COMMAND_SECONDS, SOURCE, environment
from node_packages import INSTALL_SECONDS, install

PACKAGES = ("@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb")

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


@pytest.fixture(scope="module")
def results(request):
    packages = install("javascript", *PACKAGES)
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
