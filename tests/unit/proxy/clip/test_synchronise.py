"""An OpenFlow 1.0 datapath is read back and mended."""

from collections.abc import Callable

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.messages import FlowMod, FlowRemoved, SetConfig
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import Part
from slicer.proxy.clip.synchronise import LOST
from tests.fakes.network import port
from tests.fakes.stepped10 import SteppedSwitch10
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    FLOOD,
    SSH,
    TO_2,
    TO_3,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
)

AUDIT = 31.0


def all_flows(scene: Scene) -> set[object]:
    """What the switch holds."""
    return {flow.meaning for flow in scene.switch.tables.flows.values()}


# ---- the beginning ----


def test_a_datapath_gets_guards_and_sends_whole_packets() -> None:
    scene = Scene(WEB_AND_REST)
    assert len(scene.on_switch(Part.GUARD)) == 2
    assert len(scene.on_switch(Part.UNREAD)) == 2
    assert len(scene.on_switch(Part.DISCOVERY)) == 2
    assert scene.switch._miss_send_len == 0xFFFF
    assert scene.switch.fragments == of.OFPC_FRAG_DROP


def test_where_no_rule_names_ports_fragments_are_nobodys_problem() -> None:
    assert Scene(BY_PORTS).switch.fragments == of.OFPC_FRAG_NORMAL


def test_a_restart_keeps_the_guards_and_removes_tenants_pieces() -> None:
    scene = Scene(WEB_AND_REST)
    before = all_flows(scene)
    scene.ask("blue", add(ANY, TO_2))
    sent: list[bytes] = []
    receive = scene.switch.receive
    scene.switch.receive = lambda data: (sent.append(data), receive(data))[1]  # type: ignore[func-returns-value, method-assign]
    scene.start()
    assert all_flows(scene) == before
    assert not any(frame[1] == 14 and frame[57] == of.OFPFC_ADD for frame in sent)
    assert scene.told("blue") == []


def test_another_policy_replaces_the_guards() -> None:
    scene = Scene(WEB_AND_REST)
    scene.policy = BY_PORTS
    scene.start()
    assert {flow.priority for flow in scene.on_switch(Part.GUARD)} == {1}
    assert len(scene.on_switch(Part.UNOWNED)) == 1


def test_flows_that_are_not_the_slicers_are_left_alone_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()
    scene.switch.receive(V10.encode(FlowMod(0, cookie=3, priority=9, match=ANY)))
    scene.start()
    assert any(flow.cookie == 3 for flow in scene.switch.tables.flows.values())
    assert "not the slicer's is left alone: priority 9, cookie 0x3" in caplog.text


def test_a_datapath_that_does_not_do_as_it_is_told_is_let_go(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene(WEB_AND_REST)
    scene.switch.fragments = of.OFPC_FRAG_NORMAL
    scene.switch._set_config = lambda asked: None  # type: ignore[method-assign]
    scene.switch._handle = _ignoring(scene)  # type: ignore[assignment, method-assign]
    scene.start()
    assert scene.net.engine.datapaths == {}
    assert "fragment handling is 0, expected 1" in caplog.text


def _ignoring(scene: Scene) -> Callable[[bytes], None]:
    handle = type(scene.switch)._handle

    def ignore(frame: bytes) -> None:
        if frame[1] != 9:
            handle(scene.switch, frame)

    return ignore


def test_nor_one_that_does_not_keep_its_flows(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(WEB_AND_REST)
    scene.switch.flush()
    handle = type(scene.switch)._handle
    scene.switch._handle = lambda frame: None if frame[1] == 14 else handle(scene.switch, frame)  # type: ignore[method-assign]
    scene.start()
    assert scene.net.engine.datapaths == {}
    assert "6 of the slicer's flows are not as they were set" in caplog.text


# ---- later ----


def test_guards_that_somebody_removes_come_back_at_once() -> None:
    scene = Scene(WEB_AND_REST)
    before = all_flows(scene)
    scene.switch.flush()
    scene.net.run()
    assert all_flows(scene) == before


def test_a_piece_that_is_lost_is_added_again_and_a_strange_one_removed() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, TO_2))
    before = all_flows(scene)
    (piece,) = scene.on_switch()
    scene.switch.tables.remove([piece])
    strange = FlowMod(0, cookie=0x51CE5_0002_0FFFFFF, priority=3, match=Match.of(in_port=1))
    scene.switch.receive(V10.encode(strange))
    scene.net.wait(AUDIT)
    assert all_flows(scene) == before


def test_a_configuration_that_somebody_changes_is_changed_back() -> None:
    scene = Scene(WEB_AND_REST)
    scene.switch.receive(V10.encode(SetConfig(0, of.OFPC_FRAG_NORMAL, 128)))
    scene.net.wait(AUDIT)
    assert (scene.switch.fragments, scene.switch._miss_send_len) == (of.OFPC_FRAG_DROP, 0xFFFF)


def test_reading_back_what_is_right_changes_nothing() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, FLOOD))
    before = {id(flow) for flow in scene.switch.tables.flows.values()}
    scene.net.wait(AUDIT)
    assert {id(flow) for flow in scene.switch.tables.flows.values()} == before


# ---- ports ----


def test_flood_follows_the_slices_ports_and_keeps_its_counters() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", add(ANY, FLOOD))
    assert scene.way(SSH) == [2]
    scene.switch.set_port(port(5))
    scene.net.run()
    assert scene.way(SSH) == [2, 5]
    scene.switch.remove_port(2)
    scene.net.run()
    assert scene.way(SSH) == [5]
    assert [each.packet_count for each in scene.told("red")] == [3]


def test_a_flow_may_name_a_port_before_the_sliver_has_it() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", add(ANY, a.Output(5)))
    assert scene.way(SSH) == []
    scene.switch.set_port(port(5))
    scene.net.run()
    assert scene.way(SSH) == [5]


NAMED = WEB_AND_REST.replace("priority: 10,", "priority: 10, ports: [up],")


def test_rules_that_follow_a_ports_name_have_flows_cut_anew() -> None:
    scene = Scene(NAMED)
    scene.ask("blue", add(ANY, TO_3))
    assert scene.way(WEB) == [3]
    scene.switch.set_port(port(1, "up"))
    scene.net.run()
    assert scene.way(WEB) == []
    assert scene.way(SSH) == [3]
    scene.ask("red", add(ANY, a.Output(of.OFPP_IN_PORT)))
    assert scene.way(WEB) == [1]
    scene.switch.set_port(port(1, "down"))
    scene.net.run()
    assert scene.way(WEB) == [3]
    assert [each.match for each in scene.told("blue")] == [ANY]


def test_a_flow_that_can_not_be_cut_any_more_is_gone_and_its_tenant_told() -> None:
    odd = NAMED.replace("eth_type: ipv4, ip_proto: tcp, tcp_dst: [80, 443]", "ipv6_dst: fe80::/10")
    scene = Scene(odd)
    scene.ask("blue", add(ANY, TO_3, flags=of.OFPFF_SEND_FLOW_REM), add(ANY, TO_2, priority=6))
    scene.switch.set_port(port(1, "up"))
    scene.net.run()
    heard = scene.tenant("blue").take_heard()
    assert [each.priority for each in heard if isinstance(each, FlowRemoved)] == [5]
    assert scene.told("blue") == []
    assert scene.on_switch() == []


ODD = NAMED.replace("eth_type: ipv4, ip_proto: tcp, tcp_dst: [80, 443]", "ipv6_dst: fe80::/10")


def test_how_many_have_gone_so_is_counted_for_the_slice_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene(ODD)
    scene.ask("blue", add(ANY, TO_3), add(ANY, TO_2, priority=6))
    scene.switch.set_port(port(1, "up"))
    scene.net.run()
    for _ in range(2):
        scene.net.wait(AUDIT)
        assert scene.net.engine.datapaths[1].slivers["blue"].counters[LOST] == 2
    (line,) = (each for each in caplog.messages if "has lost" in each)
    assert line.startswith("slice blue has lost 2 flows: a flow for ")


def test_the_tenant_of_one_that_had_no_piece_is_told_too() -> None:
    odd = ODD.replace("blue, priority: 1", "blue, priority: 1, ports: [up, 3]")
    scene = Scene(odd)
    flows = [
        add(Match.of(in_port=1), TO_3, flags=of.OFPFF_SEND_FLOW_REM),
        add(Match.of(in_port=1), TO_3, priority=6),
    ]
    scene.ask("blue", *flows)
    assert scene.on_switch() == []
    scene.switch.set_port(port(1, "up"))
    scene.net.run()
    scene.net.wait(AUDIT)
    heard = scene.tenant("blue").take_heard()
    assert [each.priority for each in heard if isinstance(each, FlowRemoved)] == [5]
    assert scene.told("blue") == []


# ---- in turns ----


class Counting(SteppedSwitch10):
    """How many flow-mods came in a turn at most."""

    def __init__(self) -> None:
        super().__init__(1, [port(number) for number in (1, 2, 3, 4)])
        self.most = 0
        self.between = self._count

    def _count(self, turn: list[FlowMod]) -> None:
        self.most = max(self.most, len(turn))


def test_whatever_is_to_be_mended_no_turn_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("pace", "clip.synchronise", "clip.enforcement"):
        monkeypatch.setattr(f"slicer.proxy.{where}.A_TURN", 2)
    scene = Scene(WEB_AND_REST)
    scene.net.unplug(scene.switch)
    switch = scene.switch = Counting()
    scene.net.plug(switch)
    assert switch.most == 2, "guards"
    scene.ask("blue", *(add(Match.of(eth_src=each), TO_2) for each in range(9)))
    before = all_flows(scene)
    switch.most = 0
    for each in range(5):
        strange = FlowMod(0, cookie=0x51CE5_0002_0FFFF00 + each, priority=3 + each, match=ANY)
        switch.tables.add(strange, "somebody", 0.0)
    switch.tables.remove(scene.on_switch()[:9])
    scene.net.wait(AUDIT)
    assert all_flows(scene) == before
    assert switch.most == 2, "pieces"
