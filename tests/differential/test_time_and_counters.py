"""What takes time, and what is counted on the switch itself: too slow, or too much everybody's, for
the generated conversations.
"""

import time
from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, FlowRemoved
from slicer.openflow.multipart import PortStats, PortStatsReply, PortStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.differential import normal
from tests.differential.controller import Controller
from tests.differential.packets import PLAIN
from tests.differential.play import OPENFLOW_13
from tests.differential.switches import Side
from tests.live.lab import wait_for

pytestmark = pytest.mark.live


def opened(side: Side) -> Controller:
    controller = side.connect(V13)
    controller.say(map(V13.encode, OPENFLOW_13.opening))
    controller.settle()
    return controller


TIMEOUTS = ((1, 0), (0, 1), (1, 60), (2, 1), (1, 2))


def test_flows_end_as_a_switchs(sides: tuple[Side, Side]) -> None:
    def ended(side: Side) -> list[normal.Said]:
        controller = opened(side)
        for priority, (idle, hard) in enumerate(TIMEOUTS):
            flow = FlowMod(
                1,
                cookie=priority,
                idle_timeout=idle,
                hard_timeout=hard,
                priority=priority,
                flags=of.OFPFF_SEND_FLOW_REM,
                match=Match.of(in_port=1),
                instructions=(ApplyActions((Output(2),)),),
            )
            controller.say([V13.encode(flow)])
        controller.settle()
        side.receive(1, PLAIN[0])
        heard: list[bytes] = []

        def all_ended() -> bool:
            heard.extend(controller.settle())
            return len(heard) >= len(TIMEOUTS)

        wait_for(all_ended, "flows' ends")
        controller.close()
        side.take()
        return normal.unasked(V13, heard)

    direct, sliced = map(ended, sides)
    assert {each.reason for each in direct if isinstance(each, FlowRemoved)} == {
        of.OFPRR_IDLE_TIMEOUT,
        of.OFPRR_HARD_TIMEOUT,
    }
    assert direct == sliced


def test_ports_count_what_passes(sides: tuple[Side, Side]) -> None:
    def counted(side: Side) -> dict[int, tuple[int, ...]]:
        controller = opened(side)
        flood = FlowMod(1, instructions=(ApplyActions((Output(of.OFPP_FLOOD),)),))
        controller.say([V13.encode(flood)])
        before = port_stats(controller)
        for packet in PLAIN[:7]:
            side.receive(1, packet)
        side.receive(of.OFPP_LOCAL, PLAIN[0])
        time.sleep(0.2)
        after = port_stats(controller)
        controller.say([V13.encode(replace(flood, command=of.OFPFC_DELETE))])
        controller.settle()
        controller.close()
        side.take()
        return {
            port: tuple(now - then for now, then in zip(after[port], before[port], strict=True))
            for port in after
        }

    direct, sliced = map(counted, sides)
    assert direct[1][:2] == (7, 1)
    assert direct == sliced


def port_stats(controller: Controller) -> dict[int, tuple[int, ...]]:
    """Packets in and out, bytes in and out, by port."""
    controller.say([V13.encode(PortStatsRequest(1))])
    (reply,) = map(V13.decode, controller.settle())
    assert isinstance(reply, PortStatsReply)
    return {each.port_no: passed(each) for each in reply.entries}


def passed(port: PortStats) -> tuple[int, ...]:
    return port.rx_packets, port.tx_packets, port.rx_bytes, port.tx_bytes
