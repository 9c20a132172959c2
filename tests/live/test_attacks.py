"""All named attacks, as a user runs them: the victim notices nothing."""

import json
import subprocess
import sys

import pytest

from controllers.attacks.suite import SUITE
from tests.live.lab import ROOT

COMMAND = (sys.executable, "-m", "mininet_topos.attacks", "--json", "--minutes", "0.2")
LIMIT = 240.0


@pytest.mark.usefixtures("ovs")
@pytest.mark.timeout(LIMIT + 10)
def test_the_victim_notices_nothing_of_any_attack() -> None:
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    seen = json.loads(done.stdout)
    assert [check for check in seen["checks"] if not check["holds"]] == []
    assert [each["name"] for each in seen["attacks"]] == [attack.name for attack in SUITE]
    assert done.returncode == 0
