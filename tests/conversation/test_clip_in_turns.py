"""Conversations while flows are cut anew on a datapath of OpenFlow 1.0: nobody waits for long, and
what comes meanwhile meets a state that holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    ErrorMessage,
    FlowMod,
    FlowRemoved,
    Message,
    PacketIn,
    PortMod,
    PortStatus,
)
from slicer.openflow.multipart import FlowStatsReply, FlowStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.mirror import TenantFlow
from slicer.proxy.clip.synchronise import LOST
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.events import ControllerEndpoint
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.stepped10 import SteppedSwitch10
from tests.fakes.switch10 import FakeSwitch10
from tests.fakes.tables import Flow
from tests.fakes.tenant import FakeTenant
from tests.unit.proxy.clip.scene import ANY, FLOOD, SSH, TO_2, TO_3, add, delete

HEADER = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
  blue: {controllers: [ptcp:7100]}
flowspace:
"""
BY_PORTS = f"""{HEADER}
  - {{slice: red, priority: 10, ports: [1, 2, 5]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
BY_NAME = f"""{HEADER}
  - {{slice: red, priority: 10, ports: [up]}}
  - {{slice: blue, priority: 1}}
"""
A_TURN = 50
MANY = 3 * A_TURN
OF_NOBODY_ELSE = Packet.of(eth_type=0x0800, ip_proto=6, tcp_src=5, tcp_dst=22, eth_src=1)


@pytest.fixture(autouse=True)
def _short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("pace", "clip.synchronise", "clip.enforcement"):
        monkeypatch.setattr(f"slicer.proxy.{where}.A_TURN", A_TURN)


def configured(number: int, config: int, mask: int = of.OFPPC_NO_FLOOD) -> PortMod:
    return PortMod(7, number, port(number).hw_addr, config, mask)


NO_FLOOD = configured(2, of.OFPPC_NO_FLOOD)
AGAIN = configured(2, 0)


class Scene:
    """A switch of OpenFlow 1.0 that takes one step after the other, another one, and their
    tenants."""

    def __init__(self, policy: str = BY_PORTS) -> None:
        self.net = Network(policy, dialect=V10)
        numbers = (1, 2, 3, 4)
        self.switch = SteppedSwitch10(1, [port(each) for each in numbers])
        self.other = FakeSwitch10(2, [port(each) for each in numbers])
        for switch in (self.switch, self.other):
            self.net.plug(switch)
        self.red, self.blue = self.connect("red"), self.connect("blue")
        self.turns: list[list[FlowMod]] = []

    def connect(self, name: str, dpid: int = 1) -> FakeTenant:
        """Another controller of a slice's."""
        where = next(
            each
            for each in self.net.listening
            if isinstance(each, ControllerEndpoint) and (each.slice, each.dpid) == (name, dpid)
        )
        return self.net.connect(where, V10)

    def ask(self, tenant: FakeTenant, *messages: FlowMod | PortMod) -> None:
        """Requests that are carried out without a word."""
        tenant.say(*messages, BarrierRequest(99))
        self.net.run()
        assert self.heard(tenant) == [BarrierReply(99)]

    @staticmethod
    def heard(tenant: FakeTenant) -> list[Message]:
        """What a tenant has heard, but for how its ports have changed."""
        return [each for each in tenant.take_heard() if not isinstance(each, PortStatus)]

    def fill(self, tenant: FakeTenant, count: int = MANY, *actions: a.Action) -> None:
        """A tenant has many flows, from priority 1 on."""
        wanted = actions or (FLOOD,)
        self.ask(
            tenant,
            *(add(Match.of(in_port=1, eth_src=n), *wanted, priority=n) for n in range(1, count)),
        )

    def step(self, *then: Callable[[], None]) -> None:
        """From now on each of these is done before the next barrier's reply."""
        left = list(then)

        def between(turn: list[FlowMod]) -> None:
            self.turns.append(turn)
            if left:
                left.pop(0)()

        self.turns.clear()
        self.switch.between = between

    def pieces(self) -> list[Flow]:
        """The tenants' on the switch."""
        flows = ((each, Cookie.read(each.cookie)) for each in self.switch.tables.flows.values())
        return [flow for flow, cookie in flows if cookie is not None and cookie.part is Part.PIECE]

    def way(self, packet: Packet = OF_NOBODY_ELSE, in_port: int = 1) -> list[int]:
        """The ports that a packet leaves by right now."""
        return [number for number, _ in self.switch.inject(in_port, packet).outputs]

    @property
    def long_turns(self) -> list[int]:
        """How many flow-mods each turn had that had any."""
        return [len(turn) for turn in self.turns if turn]


def test_ports_change_in_turns_and_others_are_served_between() -> None:
    scene = Scene()
    elsewhere = scene.connect("red", 2)
    scene.fill(scene.red)
    served: list[int] = []

    def serve() -> None:
        served.append(sum(isinstance(each, PacketIn) for each in elsewhere.take_heard()))
        scene.other.inject(1, SSH)

    scene.step(*[serve] * 12)
    scene.ask(scene.red, NO_FLOOD)
    assert sum(scene.long_turns) == MANY - 1
    assert max(scene.long_turns) <= A_TURN
    assert served[:4] == [0, 1, 1, 1]
    assert scene.way() == []


def test_what_sends_nowhere_else_than_before_is_left_alone() -> None:
    scene = Scene()
    scene.fill(scene.red, 20, TO_2)
    scene.fill(scene.blue, 20, TO_3)
    scene.ask(scene.red, add(ANY, FLOOD))
    scene.step()
    scene.ask(scene.red, NO_FLOOD)
    assert len([each for turn in scene.turns for each in turn]) == 3
    scene.step()
    scene.ask(scene.red, NO_FLOOD)
    assert scene.long_turns == []


def test_the_tenants_barrier_is_answered_when_all_its_flows_are_as_it_wants() -> None:
    scene = Scene()
    scene.fill(scene.red)
    heard: list[int] = []
    scene.step(*[lambda: heard.append(len(scene.heard(scene.red)))] * 20)
    scene.red.say(NO_FLOOD, BarrierRequest(99))
    scene.net.run()
    assert heard.count(1) + len(scene.heard(scene.red)) == 1
    assert not any(heard[: len(scene.long_turns)])


def test_a_second_change_during_the_first_counts() -> None:
    scene = Scene()
    scene.fill(scene.red)
    second = scene.connect("red")
    scene.step(lambda: None, lambda: second.say(AGAIN, BarrierRequest(98)))
    scene.ask(scene.red, NO_FLOOD)
    assert scene.heard(second) == [BarrierReply(98)]
    assert scene.way() == [2]
    assert len({each.instructions for each in scene.pieces()}) == 1


def test_a_storm_of_changes_costs_one_pass_and_one_more() -> None:
    """However many controllers the slice has: of what they ask meanwhile one more pass is made."""
    scene = Scene()
    scene.fill(scene.red)
    others = [scene.connect("red") for _ in range(8)]

    def storm() -> None:
        for index, each in enumerate(others):
            each.say(configured(2, of.OFPPC_NO_FLOOD if index % 2 else 0), BarrierRequest(98))

    scene.step(lambda: None, storm)
    scene.ask(scene.red, NO_FLOOD)
    assert all(scene.heard(each) == [BarrierReply(98)] for each in others)
    assert sum(scene.long_turns) <= 2 * MANY
    assert max(scene.long_turns) <= A_TURN
    assert scene.way() == []
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    assert sliver.counters["waited: flows are being cut anew"] == 8


def test_of_two_slices_each_has_its_turns() -> None:
    scene = Scene()
    scene.fill(scene.red, 10 * A_TURN)
    scene.ask(scene.blue, *(add(Match.of(in_port=3, eth_src=n), FLOOD) for n in range(1, 5)))
    turns_of_red: list[int] = []

    def look() -> None:
        if not turns_of_red and scene.heard(scene.blue):
            turns_of_red.append(len(scene.long_turns))

    scene.step(
        lambda: scene.blue.say(configured(4, of.OFPPC_NO_FLOOD), BarrierRequest(98)),
        *[look] * 40,
    )
    scene.ask(scene.red, NO_FLOOD)
    assert scene.way(in_port=3) == []
    assert len(scene.long_turns) > 10
    assert turns_of_red[0] <= 5


def test_the_tenants_flow_mods_meanwhile_are_carried_out() -> None:
    scene = Scene()
    scene.fill(scene.red)
    second = scene.connect("red")
    last = MANY - 1
    asked = [
        add(Match.of(in_port=2), FLOOD),
        delete(Match.of(in_port=1, eth_src=1)),
        delete(Match.of(in_port=1, eth_src=last)),
        add(Match.of(in_port=1, eth_src=last - 1), TO_2, priority=last - 1),
        add(Match.of(in_port=1, eth_src=last - 2), FLOOD, priority=last - 2),
    ]
    scene.step(lambda: second.say(*asked, BarrierRequest(98)))
    scene.ask(scene.red, NO_FLOOD)
    assert scene.heard(second) == [BarrierReply(98)]
    assert not {1, last} & {each.match.get("eth_src") for each in scene.pieces()}
    assert scene.way(OF_NOBODY_ELSE.set("eth_src", last - 1)) == [2]
    assert scene.way(OF_NOBODY_ELSE.set("eth_src", last - 2)) == []
    assert scene.way(in_port=2) == [1]
    scene.ask(scene.red, delete())
    assert not [each for each in scene.pieces() if each.match.get("in_port") == 1]


def test_a_flow_that_is_said_again_meanwhile_is_cut_for_what_holds_by_then() -> None:
    scene = Scene()
    scene.fill(scene.red)
    second = scene.connect("red")
    last = MANY - 1
    again = add(Match.of(in_port=1, eth_src=last), FLOOD, priority=last)
    scene.step(lambda: second.say(again, again, BarrierRequest(98)))
    scene.ask(scene.red, NO_FLOOD)
    said = [each for turn in scene.turns for each in turn if each.match.get("eth_src") == last]
    assert len(said) >= 2
    assert {each.instructions for each in said} == {(ApplyActions((a.Output(1),)),)}


def test_the_flow_that_a_refused_one_had_replaced_is_cut_anew_when_it_is_back() -> None:
    scene = Scene()
    scene.ask(scene.red, add(ANY, FLOOD))
    second = scene.connect("red")
    scene.switch.most_flows = 0
    scene.step(lambda: setattr(scene.switch, "most_flows", 1000))
    scene.red.say(add(ANY, a.SetVlanVid(5), FLOOD), BarrierRequest(99))
    second.say(NO_FLOOD, BarrierRequest(98))
    scene.net.run()
    assert [type(each) for each in scene.heard(scene.red)] == [ErrorMessage, BarrierReply]
    assert scene.heard(second) == [BarrierReply(98)]
    assert scene.way() == []
    assert scene.way(in_port=2) == [1]
    scene.ask(scene.red, delete())
    assert scene.pieces() == []


def test_a_flow_that_grows_too_long_for_a_message_is_lost_and_nothing_else() -> None:
    scene = Scene()
    scene.ask(scene.red, NO_FLOOD, add(Match.of(in_port=1, eth_src=1), TO_2))
    tells = of.OFPFF_SEND_FLOW_REM
    scene.ask(scene.red, add(Match.of(in_port=1), *[FLOOD] * 5000, flags=tells, priority=9))
    scene.red.say(AGAIN, BarrierRequest(99))
    scene.net.run()
    heard = scene.heard(scene.red)
    assert [type(each) for each in heard] == [FlowRemoved, BarrierReply]
    assert scene.way() == [2]
    scene.net.wait(31)
    assert scene.switch in scene.net.peers.values()
    assert len(scene.pieces()) == 1


def test_a_fault_in_one_slices_flows_costs_that_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.fill(scene.red)
    scene.ask(scene.blue, add(Match.of(in_port=3), FLOOD))
    remade = Tenancy.remade

    def failing(tenancy: Tenancy, flow: TenantFlow) -> TenantFlow | None:
        if flow.slice == "blue":
            raise ZeroDivisionError
        return remade(tenancy, flow)

    monkeypatch.setattr(Tenancy, "remade", failing)
    scene.step(lambda: scene.blue.say(configured(4, of.OFPPC_NO_FLOOD), BarrierRequest(98)))
    scene.ask(scene.red, NO_FLOOD)
    assert not scene.blue.is_connected
    assert scene.way() == []


def test_the_datapath_may_go_meanwhile_and_come_again() -> None:
    scene = Scene()
    scene.fill(scene.red)
    scene.step(lambda: None, scene.switch._out.clear)
    scene.red.say(NO_FLOOD, BarrierRequest(99))
    scene.net.run()
    scene.switch.between = None
    scene.net.unplug(scene.switch)
    assert not scene.red.is_connected
    scene.net.plug(scene.switch)
    scene.red = scene.connect("red")
    assert scene.pieces() == []
    scene.fill(scene.red, 3)
    assert scene.way() == [2]


def test_a_port_that_comes_is_told_of_at_once_and_reached_in_turns() -> None:
    scene = Scene()
    scene.fill(scene.red)
    scene.step()
    scene.switch.set_port(port(5))
    scene.net.run()
    assert max(scene.long_turns) <= A_TURN
    assert sum(scene.long_turns) == MANY - 1
    assert scene.way() == [2, 5]


@pytest.mark.parametrize("moment", range(1, 8))
def test_a_second_port_during_the_first_counts(moment: int) -> None:
    scene = Scene()
    scene.fill(scene.red)
    scene.step(*[lambda: None] * moment, lambda: scene.switch.remove_port(2))
    scene.switch.set_port(port(5))
    scene.net.run()
    assert scene.way() == [5]
    assert 2 not in scene.net.engine.datapaths[1].slivers["red"].ports


# ---- where rules follow a port's name ----


def renamed(scene: Scene) -> None:
    scene.switch.set_port(port(1, "up"))
    scene.net.run()


def test_when_rules_change_their_place_pieces_go_before_any_comes() -> None:
    scene = Scene(BY_NAME)
    scene.fill(scene.blue)
    scene.step()
    renamed(scene)
    commands = [[each.command for each in turn] for turn in scene.turns if turn]
    assert max(map(len, commands)) <= A_TURN
    flat = [each for turn in commands for each in turn]
    last_out = len(flat) - 1 - flat[::-1].index(of.OFPFC_DELETE_STRICT)
    assert flat[: MANY - 1] == [of.OFPFC_DELETE_STRICT] * (MANY - 1)
    assert last_out < flat.index(of.OFPFC_ADD, MANY - 1) + 2
    assert scene.way() == []


def test_flow_mods_wait_until_there_are_layers_and_packets_do_not() -> None:
    scene = Scene(BY_NAME)
    scene.fill(scene.blue)
    second = scene.connect("blue")
    told: list[list[str | None]] = []

    def ask() -> None:
        second.say(add(Match.of(in_port=3), TO_2, priority=9), BarrierRequest(98))

    def look() -> None:
        scene.switch.inject(1, SSH)
        tags = {"red": scene.red, "blue": scene.blue}
        heard = {
            name: [each for each in tenant.take_heard() if isinstance(each, PacketIn)]
            for name, tenant in tags.items()
        }
        told.append([name for name, each in heard.items() if each])

    scene.step(ask, *[look] * 6)
    renamed(scene)
    assert scene.heard(second) == [BarrierReply(98)]
    assert scene.way(SSH, in_port=3) == [2]
    assert "blue" not in {name for each in told[1:] for name in each}
    said = [each for turn in scene.turns for each in turn]
    deleted = [each.command == of.OFPFC_DELETE_STRICT for each in said]
    asked_for = [each.match.get("in_port") == 3 for each in said]
    assert asked_for.index(True) > deleted.index(True) + MANY - 2


def test_a_flow_mod_that_waited_may_be_refused_with_its_own_error() -> None:
    scene = Scene(BY_NAME)
    scene.fill(scene.blue)
    second = scene.connect("blue")
    wrong = add(ANY, a.Output(of.OFPP_TABLE))
    scene.step(lambda: second.say(wrong, BarrierRequest(98)))
    renamed(scene)
    refused, done = scene.heard(second)
    assert isinstance(refused, ErrorMessage)
    assert (refused.xid, refused.data) == (wrong.xid, V10.encode(wrong))
    assert errors.ALL[refused.type, refused.code] is errors.BAD_ACTION_BAD_OUT_PORT
    assert done == BarrierReply(98)


def test_a_flow_of_which_the_datapath_refuses_a_piece_is_lost_as_a_whole() -> None:
    scene = Scene(BY_NAME)
    tells = of.OFPFF_SEND_FLOW_REM
    scene.ask(scene.blue, *(add(Match.of(eth_src=n), TO_3, flags=tells) for n in range(1, 4)))

    def leave_room_for_two() -> None:
        scene.switch.most_flows = len(scene.switch.tables.flows) - len(scene.pieces()) + 2

    scene.step(*[leave_room_for_two] * 20)
    renamed(scene)
    heard = scene.blue.take_heard()
    (removed,) = (each for each in heard if isinstance(each, FlowRemoved))
    sliver = scene.net.engine.datapaths[1].slivers["blue"]
    assert sliver.counters[LOST] == 1
    assert removed.priority == 5
    scene.net.wait(31)
    assert scene.switch in scene.net.peers.values()


def test_statistics_meanwhile_lack_nothing() -> None:
    scene = Scene()
    scene.fill(scene.red)
    second = scene.connect("red")
    for each in scene.switch.tables.flows.values():
        each.packets = 7
    scene.step(lambda: second.say(FlowStatsRequest(98)))
    scene.ask(scene.red, NO_FLOOD)
    told = [each for each in scene.heard(second) if isinstance(each, FlowStatsReply)]
    counted = [entry.packet_count for each in told for entry in each.entries]
    assert counted == [7] * (MANY - 1)
