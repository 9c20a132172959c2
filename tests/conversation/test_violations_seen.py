"""Violations are seen: what the switch has dropped, and what was refused, is counted and logged."""

import logging

import pytest

from slicer.openflow.messages import Experimenter
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.violations import STAGES
from slicer.proxy.settings import Settings
from tests.conversation.test_the_switch_as_database import POLICY, a_switch
from tests.fakes.network import Network
from tests.fakes.switch import FakeSwitch

SETTINGS = Settings(audit_interval=30.0, report_interval=70.0)


def drop(switch: FakeSwitch, stage: Stage, packets: int) -> None:
    """The first flow of a stage drops so many packets."""
    for flow in switch.tables.flows.values():
        cookie = StageCookie.read(flow.cookie)
        if cookie is not None and cookie.stage is stage:
            flow.packets += packets
            return
    raise AssertionError(f"found no flow of {stage!r}")


def test_what_was_dropped_and_refused_is_a_line_a_minute_for_each_sliver(
    caplog: pytest.LogCaptureFixture,
) -> None:
    network = Network(POLICY, SETTINGS)
    switch = a_switch()
    network.plug(switch)
    drop(switch, Stage.STRAY, 100)
    network.wait(31.0)
    drop(switch, Stage.STRAY, 3)
    drop(switch, Stage.UNOWNED, 5)
    for _ in range(30):
        network.say(network.tenant("red"), Experimenter(9, 0x2320, 24, bytes(4)))
    with caplog.at_level(logging.WARNING):
        network.wait(90.0)
    counted = [each for each in caplog.messages if each.startswith("counted: ")]
    assert len(counted) == 2, counted
    about_switch, about_red = counted
    assert f"{STAGES[Stage.UNOWNED]} +5 (5)" in about_switch
    assert "red on " in about_red
    assert "refused: BAD_REQUEST/BAD_EXPERIMENTER +30 (30)" in about_red
    assert f"{STAGES[Stage.STRAY]} +103 (103)" in about_red
    assert any(f"{STAGES[Stage.STRAY]} 103" in line for line in network.engine.counted())


def test_what_was_counted_outlives_the_datapaths_connection() -> None:
    network = Network(POLICY, SETTINGS)
    switch = a_switch()
    network.plug(switch)
    network.say(network.tenant("red"), Experimenter(9, 0x2320, 24, bytes(4)))
    network.unplug(switch)
    assert network.engine.counted() == [
        "red, earlier connections: refused: BAD_REQUEST/BAD_EXPERIMENTER 1"
    ]
