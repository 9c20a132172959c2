"""The demo, as a user runs it: it succeeds, it can fail, it can be stopped, and it tidies up."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mininet_topos.diamond import DPIDS, HOST_PORTS
from tests.live.lab import POLL, ROOT, Lab, command, wait_for

COMMAND = (sys.executable, "-m", "mininet_topos.demo", "--seconds", "1")
POLICY = ROOT / "mininet_topos" / "demo.yaml"
LIMIT = 180.0
"""Seconds. The demo takes a minute, on a machine that has something else to do two."""

TIDYING_TIMEOUT = 10.0
"""Seconds; Open vSwitch removes its own interfaces some time after the last bridge."""

pytestmark = [pytest.mark.usefixtures("ovs", "nothing_left"), pytest.mark.timeout(2 * LIMIT)]


def state() -> tuple[str, ...]:
    """The bridges, the interfaces and the processes that are there."""
    processes = command("ps", "-e", "-o", "pid,args").splitlines()
    others = [line for line in processes if "ps -e" not in line]
    return command("ovs-vsctl", "list-br"), command("ip", "-br", "link"), "\n".join(others)


@pytest.fixture
def nothing_left(
    ovs: None, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Check that a test leaves the sandbox and the folder for temporary files as they were."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = state()
    yield
    deadline = time.monotonic() + TIDYING_TIMEOUT
    while state() != before and time.monotonic() < deadline:
        time.sleep(POLL)
    assert state() == before
    assert list(temporary.iterdir()) == []


def run(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    arguments = [*COMMAND, *options]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)


def failing(seen: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What was found and expected, by the name of the check that does not hold."""
    return {
        each["name"]: (each["found"], each["expected"])
        for each in seen["checks"]
        if not each["holds"]
    }


def test_it_shows_what_it_should() -> None:
    done = run("--json")
    assert done.returncode == 0, done.stdout + done.stderr
    seen = json.loads(done.stdout)
    assert (seen["ok"], failing(seen)) == (True, {})
    for reach in seen["reach"]:
        pairs = {(each["from"], each["to"]): each["reached"] for each in reach["pairs"]}
        assert len(pairs) == len(HOST_PORTS) * (len(HOST_PORTS) - 1)
        assert all(pairs.values())
    video = {each["slice"]: each for each in seen["bandwidth"]}["video"]
    assert video["packets"]["s2"] > 500
    assert video["packets"]["s3"] == 0
    assert len(seen["attempts"]) > 25
    assert all(each["stream"]["sent"] > 5 for each in seen["attempts"])
    assert (seen["stream"]["lost"], seen["stream"]["broken"]) == (0, None)
    assert "✓ a hostile tenant" in done.stderr


def test_it_fails_where_a_slice_owns_what_it_should_not(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY.read_text().replace("9999", "9998"))
    done = run("--json", "--policy", str(policy))
    assert done.returncode == 1, done.stdout + done.stderr
    found = failing(json.loads(done.stdout))
    assert "TCP port 9999 is video's alone" in found
    assert "TCP port 9999 goes by s2 alone" in found
    assert "the hostile controller is sent none of video's packets" in found
    assert "packet-out to port 9999" in found


def test_it_says_why_it_can_not_go_on(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("slices: 7\n")
    done = run("--json", "--policy", str(policy))
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert "slicer ended with status 2" in error
    assert "policy.yaml:1" in error


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_at_work(number: int, tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as file:
        demo = subprocess.Popen(
            COMMAND, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        wait_for(lambda: "✓ slicer" in output.read_text(), "slicer in the demo", LIMIT)
        assert command("ovs-vsctl", "list-br").split() == sorted(DPIDS)
        demo.send_signal(number)
        assert demo.wait(30) == 128 + number
    finally:
        demo.kill()
        demo.wait()
    assert output.read_text().endswith("stopped, and cleaned up\n")


def test_its_topology_is_for_mn_too() -> None:
    diamond = ROOT / "mininet_topos" / "diamond.py"
    mn = f"mn --custom '{diamond}' --topo diamond,fast=50,slow=5 --controller none --test none"
    # Where mn fails, it deletes other people's logs in /tmp.
    unharmed = f"mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp && {mn} 2>&1"
    shown = command("unshare", "--mount", "sh", "-c", unharmed, timeout=60)
    assert "(50.00Mbit) (50.00Mbit) (s1, s2) (5.00Mbit) (5.00Mbit) (s1, s3)" in shown
    assert "completed in" in shown


def test_the_witness_sees_what_should_not_be_there(lab: Lab) -> None:
    bridge = lab.bridge("s1", 1)
    bridge.ofctl("add-flow", "in_port=1,actions=push_vlan:0x8100,set_field:4103->vlan_vid,output:2")
    bridge.ofctl("add-flow", "in_port=2,actions=output:1")
    h1 = lab.host("h1", "s1", 1, "10.0.0.1/24")
    h2 = lab.host("h2", "s1", 2, "10.0.0.2/24")
    h1.run(f"ip neigh replace {h2.ip} lladdr {h2.mac} dev eth0")
    witness = [sys.executable, "-m", "mininet_topos.traffic.witness", "9999"]
    expected = [f"{h1.ip}:40000", f"{h2.ip}:9999"]
    watching = h2.popen([*witness, *expected], "witness")
    watching.wait_for_log("watching")
    for source_port in (40000, 40001):
        connect = (
            "import socket; s = socket.socket(); s.setblocking(False); "
            f"s.bind(('', {source_port})); s.connect_ex(('{h2.ip}', 9999))"
        )
        assert h1.run([sys.executable, "-c", connect]).returncode == 0
    watching.wait_for_log(f'"source": "{h1.ip}:40001", "target": "{h2.ip}:9999"')
    assert "40000" not in watching.log
    assert watching.stop() == 0
