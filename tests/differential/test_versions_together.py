"""A controller that speaks OpenFlow 1.0 and one that speaks 1.3, at one switch and at one sliver.

The generated conversations are of one version each. Here is what the two tell each other by what
they do to the switch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.instructions import ApplyActions, GotoTable, WriteActions
from slicer.openflow.messages import FlowMod, FlowRemoved, Message, PacketIn, PortMod
from slicer.openflow.multipart import FlowStats, FlowStatsReply, FlowStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.differential import normal
from tests.differential.controller import Controller
from tests.differential.normal import Said
from tests.differential.packets import PLAIN
from tests.differential.play import OPENFLOW_10, OPENFLOW_13, Version
from tests.differential.switches import Side, address_of
from tests.live.lab import wait_for

pytestmark = pytest.mark.live
ARP = next(packet for packet in PLAIN if packet[12:14] == b"\x08\x06")
IP = PLAIN[0]
TO_CONTROLLER = a.Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER)


@dataclass(slots=True)
class Both:
    """The two controllers of one side."""

    side: Side
    old: Controller
    new: Controller

    def ask(self, controller: Controller, *messages: Message) -> list[Said]:
        """The answers, and what else the controller has heard."""
        controller.say(map(controller.dialect.encode, messages))
        return self._said(controller.dialect, controller.settle())

    def hear(self) -> tuple[list[Said], list[Said]]:
        """What each has heard, once nothing is under way any more."""
        self.side.manager.settle()
        return self.ask(self.old), self.ask(self.new)

    def _said(self, dialect: Dialect, frames: list[bytes]) -> list[Said]:
        nameless = (frame.replace(self.side.name.encode(), b"bridge") for frame in frames)
        return normal.unasked(dialect, nameless)


@pytest.fixture
def both(sides: tuple[Side, Side]) -> Iterator[tuple[Both, Both]]:
    made = [Both(side, opened(side, OPENFLOW_10), opened(side, OPENFLOW_13)) for side in sides]
    yield made[0], made[1]
    for each in made:
        each.ask(each.new, *OPENFLOW_13.farewell, PortMod(1, 1, address_of(1), 0, 0xFF))
        each.old.close()
        each.new.close()
        each.side.take()


def opened(side: Side, version: Version) -> Controller:
    controller = side.connect(version.dialect)
    controller.say(map(version.dialect.encode, version.opening))
    controller.settle()
    return controller


def flow(*actions: a.Action, match: Match = Match(), priority: int = 7) -> FlowMod:  # noqa: B008
    return FlowMod(
        1,
        priority=priority,
        flags=of.OFPFF_SEND_FLOW_REM,
        match=match,
        instructions=(ApplyActions(actions),) if actions else (),
    )


def test_a_miss_is_told_in_1_0_and_what_a_flow_sends_in_both(both: tuple[Both, Both]) -> None:
    def heard(one: Both) -> list[list[Said]]:
        found: list[list[Said]] = []
        one.ask(one.new, flow(TO_CONTROLLER, match=Match.of(eth_type=0x0806)))
        for packet in (ARP, IP):
            one.side.receive(1, packet)
            found += one.hear()
        one.ask(one.old, flow(TO_CONTROLLER, match=Match.of(eth_type=0x0800)))
        one.side.receive(1, IP)
        found += one.hear()
        one.ask(one.new, replace(flow(match=Match.of(in_port=1)), priority=9))
        one.side.receive(1, IP)
        return [*found, *one.hear()]

    direct, sliced = map(heard, both)
    reasons = [[each.reason for each in said if isinstance(each, PacketIn)] for said in direct]
    action, miss = of.OFPR_ACTION, of.OFPR_NO_MATCH
    assert reasons == [[action], [action], [miss], [], [action], [action], [], []]
    assert direct == sliced


def test_each_reads_the_others_flows_in_its_own_words(both: tuple[Both, Both]) -> None:
    rewrites = (a.SetNwSrc(9), a.SetVlanVid(5), a.SetVlanPcp(3), a.StripVlan(), a.SetTpDst(80))

    def read(one: Both) -> list[Said]:
        for number, rewrite in enumerate((*rewrites, a.SetNwTos(8), a.SetNwDst(7)), 1):
            one.ask(one.old, flow(rewrite, a.Output(2), match=Match.of(in_port=number)))
        one.ask(one.old, flow(*rewrites, a.SetVlanVid(6)))
        one.ask(one.new, flow(a.DecNwTtl(), match=Match.of(eth_type=0x0800)))
        one.ask(one.new, flow(TO_CONTROLLER, match=Match.of(eth_type=0x0806, arp_op=1)))
        return normal.answers(V13, [V13.encode(FlowStatsReply(1, tuple(flows_of(one, one.new))))])

    direct, sliced = map(read, both)
    assert direct == sliced


def flows_of(one: Both, controller: Controller) -> Iterator[FlowStats]:
    for reply in one.ask(controller, FlowStatsRequest(1)):
        assert isinstance(reply, FlowStatsReply)
        yield from reply.entries


def test_a_flow_without_words_in_1_0_is_left_out_there(both: tuple[Both, Both]) -> None:
    """Open vSwitch lists it without what can't be said, and so as one that does something else."""
    for one, expected in zip(both, ([7, 8, 9], [7]), strict=True):
        one.ask(one.old, flow(a.Output(2)))
        one.ask(one.new, replace(flow(priority=8), instructions=(WriteActions((a.Output(1),)),)))
        one.ask(one.new, replace(flow(priority=9), instructions=(GotoTable(1),)))
        assert sorted(each.priority for each in flows_of(one, one.old)) == expected
        assert sorted(each.priority for each in flows_of(one, one.new)) == [7, 8, 9]


def test_both_hear_of_removed_flows_and_of_ports(both: tuple[Both, Both]) -> None:
    def heard(one: Both) -> list[list[Said]]:
        one.ask(one.old, flow(a.Output(2)), flow(a.SetNwSrc(9), match=Match.of(in_port=1)))
        delete = FlowMod(1, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL)
        found = [one.ask(one.new, delete), one.ask(one.old)]

        def are_told() -> bool:
            for said, more in zip(found, (one.ask(one.new), one.ask(one.old)), strict=True):
                said += more
            return all(len(said) == 2 for said in found)

        wait_for(are_told, "the flows' ends")
        config = of.OFPPC_NO_FWD
        one.ask(one.new, PortMod(1, 1, address_of(1), config, config))
        return [*map(normal_order, found), *one.hear()]

    direct, sliced = map(heard, both)
    assert [len(said) for said in direct] == [2, 2, 1, 0]
    assert all(isinstance(each, FlowRemoved) for each in direct[0])
    assert direct == sliced


def normal_order(said: list[Said]) -> list[Said]:
    return sorted(said, key=repr)
