"""Faucet, with two VLANs over two switches, as another controller's tenant on them goes on."""

import os
import re

import pytest

from tests.controllers.packages import program
from tests.controllers.shared import RED_PORT, TRUNK, share
from tests.live.lab import Lab

CONFIG = """
vlans:
  office: {vid: 100}
  guests: {vid: 200}
dps:
  one:
    dp_id: 1
    hardware: "Open vSwitch"
    group_table: GROUPS
    interfaces: &ports
      1: {native_vlan: office}
      2: {native_vlan: guests}
      TRUNK: {tagged_vlans: [office, guests]}
  two:
    dp_id: 2
    hardware: "Open vSwitch"
    group_table: GROUPS
    interfaces: *ports
"""
PROMETHEUS = "9302"


def start(lab: Lab, *, groups: bool) -> None:
    """Faucet as red's controller, which floods by groups or by flows alone. It starts os-ken's
    `osken-manager`, which is beside it."""
    config = lab.folder / "faucet.yaml"
    config.write_text(CONFIG.replace("TRUNK", str(TRUNK)).replace("GROUPS", str(groups)))
    faucet = program("faucet", "faucet")
    lab.start(
        [str(faucet), "--ryu-ofp-tcp-listen-port", str(RED_PORT)],
        "faucet",
        PATH=f"{faucet.parent}:{os.environ['PATH']}",
        FAUCET_CONFIG=str(config),
        FAUCET_LOG="STDOUT",
        FAUCET_EXCEPTION_LOG="STDOUT",
        FAUCET_PROMETHEUS_ADDR="127.0.0.1",
        FAUCET_PROMETHEUS_PORT=PROMETHEUS,
        FAUCET_EVENT_SOCK="",
    )


@pytest.mark.parametrize("groups", [False, True], ids=["flows", "groups"])
def test_two_vlans_over_two_switches(lab: Lab, groups: bool) -> None:
    shared = share(lab)
    start(lab, groups=groups)
    shared.reach("r1", "r3")
    shared.reach("r2", "r4")
    shared.miss("r1", "r2")
    shared.miss("r3", "r2")
    shared.are_apart()
    tables = set(re.findall(r"table=(\d+)", shared.ofctl("dump-flows")))
    assert len(tables) > 2, "Faucet's pipeline is of several tables"
    assert ("bucket" in shared.ofctl("dump-groups")) == groups
    assert "OFError" not in lab.processes["faucet"].log
