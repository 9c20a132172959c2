"""`ryu-manager slicer` with a real switch: from any folder, configured in any way, ends cleanly."""

import signal
from pathlib import Path

import pytest

from tests.live.lab import ROOT, Lab, Process, connections, wait_for

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  everything: {controllers: [tcp:127.0.0.1:6653]}
flowspace:
  - {slice: everything, priority: 1}
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "slicer.yaml"
    path.write_text(POLICY)
    return str(path)


def check_that_it_serves_and_ends(lab: Lab, slicer: Process, number: int) -> None:
    slicer.wait_for_log("listening at tcp:127.0.0.1:6633")
    lab.bridge("s1", 1, "tcp:127.0.0.1:6633")
    wait_for(lambda: connections(6633), "connection of s1 to the slicer")
    slicer.send(number)
    assert slicer.wait() == 0
    assert connections(6633) == 0
    assert "Traceback" not in slicer.log
    assert "Warning" not in slicer.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_projects_root(lab: Lab, policy: str, number: int) -> None:
    slicer = lab.start_ryu("slicer", "slicer", folder=ROOT, SLICER_POLICY=policy)
    check_that_it_serves_and_ends(lab, slicer, number)


def test_in_another_folder_with_its_own_policy(lab: Lab, policy: str) -> None:
    slicer = lab.start_ryu("slicer", "slicer", folder=Path(policy).parent)
    check_that_it_serves_and_ends(lab, slicer, signal.SIGTERM)


def test_with_a_configuration_file(lab: Lab, policy: str, tmp_path: Path) -> None:
    (tmp_path / "ryu.conf").write_text(f"[slicer]\npolicy = {policy}\n")
    slicer = lab.start_ryu(
        "slicer", "--config-file", str(tmp_path / "ryu.conf"), "slicer", folder=Path("/")
    )
    check_that_it_serves_and_ends(lab, slicer, signal.SIGINT)


def test_beside_another_application(lab: Lab, policy: str) -> None:
    slicer = lab.start_ryu(
        *("slicer", "slicer", "ryu.app.simple_switch_13", "--ofp-tcp-listen-port", "6653"),
        SLICER_POLICY=policy,
    )
    check_that_it_serves_and_ends(lab, slicer, signal.SIGTERM)
