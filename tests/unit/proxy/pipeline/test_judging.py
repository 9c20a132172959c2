"""Judging packet-outs: what can't be meant is refused, what the switch has to judge is not."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.proxy.pipeline.judging import check_in_port, check_packet, sending_ports
from slicer.proxy.refusal import Refusal
from tests.unit.proxy.parts import red_sliver

ARP = bytes(12) + b"\x08\x06" + bytes(28)
OTHER = bytes(12) + b"\x12\x34" + bytes(50)
SPACE = FlowSpace(
    [
        Rule("red", 2, Region.of(eth_type=0x0806)),
        Rule("red", 2, Region.of(eth_type=0x1234), ports=frozenset({2})),
        Rule("blue", 1, Region.ANY),
    ]
)


@pytest.mark.parametrize("in_port", [1, 2, of.OFPP_CONTROLLER, of.OFPP_ANY])
def test_a_packet_out_comes_from_a_port_of_the_slivers_or_from_none(in_port: int) -> None:
    check_in_port(red_sliver(), in_port)


def test_a_packet_out_from_anothers_port_is_refused() -> None:
    with pytest.raises(Refusal, match="in_port 3 is not the sliver's") as refused:
        check_in_port(red_sliver(), 3)
    assert refused.value.error == errors.BAD_REQUEST_BAD_PORT
    with pytest.raises(Refusal, match="which can't be"):
        check_in_port(red_sliver(), 0xFF00)


@pytest.mark.parametrize("outputs", [(1,), (of.OFPP_FLOOD,), (1, 2)])
def test_a_packet_that_is_the_slices_passes(outputs: tuple[int, ...]) -> None:
    check_packet(SPACE, red_sliver(), outputs, ARP)


@pytest.mark.parametrize("outputs", [None, (), (2,), (1, 2), (of.OFPP_ALL,), (1, 9)])
def test_what_may_be_the_slices_somewhere_is_for_the_switch_to_judge(
    outputs: tuple[int, ...] | None,
) -> None:
    check_packet(SPACE, red_sliver(), outputs, OTHER)


def test_a_packet_that_is_the_slices_nowhere_is_refused_and_shown() -> None:
    with pytest.raises(Refusal, match=r"not the slice's: .*eth_type=0x1234") as refused:
        check_packet(SPACE, red_sliver(), (1,), OTHER)
    assert refused.value.error == errors.BAD_ACTION_EPERM


def test_the_ports_that_a_packet_out_sends_by() -> None:
    red = red_sliver()
    assert sending_ports(red, (2, 9, of.OFPP_LOCAL), 1) == [2]
    assert sending_ports(red, (of.OFPP_FLOOD,), 1) == [2]
    assert sending_ports(red, (1, of.OFPP_TABLE), of.OFPP_CONTROLLER) is None
