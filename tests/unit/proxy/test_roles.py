"""Roles and asynchronous configuration, as values: who hears what, and which generation is stale."""

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import (
    BarrierRequest,
    FlowRemoved,
    Message,
    PacketIn,
    Port,
    PortStatus,
)
from slicer.openflow.oxm import Match
from slicer.proxy.refusal import Refusal
from slicer.proxy.roles import NO_GENERATION, AsyncConfig, Generation, masked


def packet_in(reason: int) -> Message:
    return PacketIn(0, of.OFP_NO_BUFFER, 0, reason, 0, 0, Match(), b"")


def flow_removed(reason: int) -> Message:
    return FlowRemoved(0, 0, 0, reason, 0, 0, 0, 0, 0, 0, 0, Match())


def port_status(reason: int) -> Message:
    return PortStatus(0, reason, Port(1, bytes(6), "p"))


@pytest.mark.parametrize(
    ("message", "equal", "slave"),
    [
        (packet_in(of.OFPR_NO_MATCH), True, False),
        (packet_in(of.OFPR_ACTION), True, False),
        (packet_in(of.OFPR_INVALID_TTL), False, False),
        (port_status(of.OFPPR_ADD), True, True),
        (port_status(of.OFPPR_MODIFY), True, True),
        (flow_removed(of.OFPRR_IDLE_TIMEOUT), True, False),
        (flow_removed(of.OFPRR_GROUP_DELETE), True, False),
    ],
)
def test_the_defaults_are_open_vswitchs(message: Message, equal: bool, slave: bool) -> None:
    config = AsyncConfig()
    assert config.wants(of.OFPCR_ROLE_EQUAL, message) is equal
    assert config.wants(of.OFPCR_ROLE_MASTER, message) is equal
    assert config.wants(of.OFPCR_ROLE_SLAVE, message) is slave


def test_a_slave_may_ask_for_what_it_does_not_get_by_default() -> None:
    config = AsyncConfig(packet_in=(0, 1 << of.OFPR_INVALID_TTL))
    assert config.wants(of.OFPCR_ROLE_SLAVE, packet_in(of.OFPR_INVALID_TTL))
    assert not config.wants(of.OFPCR_ROLE_EQUAL, packet_in(of.OFPR_INVALID_TTL))


def test_only_asynchronous_messages_can_be_wanted() -> None:
    with pytest.raises(TypeError, match="BARRIER_REQUEST"):
        AsyncConfig().wants(of.OFPCR_ROLE_EQUAL, BarrierRequest(0))


def test_bits_of_unknown_reasons_are_not_kept() -> None:
    everything = (0xFFFF_FFFF, 0xFFFF_FFFF)
    assert masked(AsyncConfig(everything, everything, everything)) == AsyncConfig(
        (7, 7), (7, 7), (15, 15)
    )


def test_generations_go_forward_and_wrap_around() -> None:
    generation = Generation()
    assert generation.value == NO_GENERATION
    generation.check(0xFFFF_FFFF_FFFF_FFF0)
    generation.check(0xFFFF_FFFF_FFFF_FFF0)
    generation.check(5)
    with pytest.raises(Refusal) as stale:
        generation.check(0xFFFF_FFFF_FFFF_FFF0)
    assert stale.value.error == errors.ROLE_REQUEST_FAILED_STALE
    assert generation.value == 5
