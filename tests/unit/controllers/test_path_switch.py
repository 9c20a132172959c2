"""PathSwitch: uses its path's ports and no others, and learns."""

from types import SimpleNamespace
from typing import Any

import pytest
from ryu.lib.packet import ethernet, packet

from controllers.path_switch import PathSwitch, parse_path
from tests.unit.controllers.fake_datapath import FakeDatapath

H1, H2, H3 = ("00:00:00:00:00:01", "00:00:00:00:00:02", "00:00:00:00:00:03")


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> PathSwitch:
    monkeypatch.setenv("PATH_SWITCH_PORTS", "1:1,2,3 0x2:1,2")
    return PathSwitch()


def packet_in(datapath: FakeDatapath, port: int, source: str, target: str) -> Any:
    frame = packet.Packet()
    frame.add_protocol(ethernet.ethernet(dst=target, src=source, ethertype=0x88B5))
    frame.serialize()
    message = SimpleNamespace(datapath=datapath, match={"in_port": port}, data=bytes(frame.data))
    return SimpleNamespace(msg=message)


def join(switch: PathSwitch, dpid: int) -> FakeDatapath:
    datapath = FakeDatapath(dpid, (1, 2, 3, 4))
    switch.joined(SimpleNamespace(msg=SimpleNamespace(datapath=datapath)))
    return datapath


def outputs(message: Any) -> list[int]:
    return [action.port for action in message.actions]


def test_a_path_is_read() -> None:
    assert parse_path("1:1,2,3 0x2:1,2") == {1: {1, 2, 3}, 2: {1, 2}}
    assert parse_path("") == {}


@pytest.mark.parametrize("text", ["1", "1:", "1:a", "s1:1", "1:1,,2"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"found '{text}', expected DPID:PORT"):
        parse_path(text)


@pytest.mark.parametrize(("text", "why"), [("", "found no path"), ("1", "found '1', expected")])
def test_it_does_not_run_without_a_path(
    monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    monkeypatch.setenv("PATH_SWITCH_PORTS", text)
    with pytest.raises(SystemExit, match=why):
        PathSwitch()


def test_an_unknown_target_is_sought_over_the_path_alone(switch: PathSwitch) -> None:
    datapath = join(switch, 1)
    datapath.sent.clear()
    switch.packet_in(packet_in(datapath, 1, H1, H3))
    (sent,) = datapath.sent
    assert outputs(sent) == [2, 3]


def test_a_known_target_gets_a_flow(switch: PathSwitch) -> None:
    datapath = join(switch, 1)
    switch.packet_in(packet_in(datapath, 3, H3, H1))
    datapath.sent.clear()
    switch.packet_in(packet_in(datapath, 1, H1, H3))
    flow, sent = datapath.sent
    assert dict(flow.match.items()) == {"in_port": 1, "eth_src": H1, "eth_dst": H3}
    assert outputs(flow.instructions[0]) == outputs(sent) == [3]


def test_nothing_is_learnt_off_the_path(switch: PathSwitch) -> None:
    datapath = join(switch, 1)
    datapath.sent.clear()
    switch.packet_in(packet_in(datapath, 4, H3, H1))
    assert datapath.sent == []
    switch.packet_in(packet_in(datapath, 1, H1, H3))
    assert outputs(datapath.sent[-1]) == [2, 3]


def test_a_datapath_off_the_path_gets_no_flow(switch: PathSwitch) -> None:
    kinds = [type(message).__name__ for message in join(switch, 9).sent]
    assert kinds == ["OFPFlowMod", "OFPBarrierRequest"]


def test_flows_are_cleared_once_and_kept_over_a_lost_connection(switch: PathSwitch) -> None:
    commands = [
        [message.command for message in join(switch, 1).sent[:-1]] for _connection in range(2)
    ]
    of = FakeDatapath(1).ofproto
    assert commands == [[of.OFPFC_DELETE, of.OFPFC_ADD], [of.OFPFC_ADD]]
