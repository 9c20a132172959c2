"""Roles and asynchronous configuration: who hears what, and which generation is stale."""

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.proxy.refusal import Refusal
from slicer.proxy.roles import NO_GENERATION, AsyncConfig, Generation, masked

IN, REMOVED, STATUS = Kind.PACKET_IN, Kind.FLOW_REMOVED, Kind.PORT_STATUS


def wants(config: AsyncConfig, role: int, kind: Kind, reason: int) -> bool:
    """Does a controller of this role get such a message?"""
    return bool(config.masks(role)[kind] >> reason & 1)


@pytest.mark.parametrize(
    ("kind", "reason", "equal", "slave"),
    [
        (IN, of.OFPR_NO_MATCH, True, False),
        (IN, of.OFPR_ACTION, True, False),
        (IN, of.OFPR_INVALID_TTL, False, False),
        (STATUS, of.OFPPR_ADD, True, True),
        (STATUS, of.OFPPR_MODIFY, True, True),
        (REMOVED, of.OFPRR_IDLE_TIMEOUT, True, False),
        (REMOVED, of.OFPRR_GROUP_DELETE, True, False),
    ],
)
def test_the_defaults_are_open_vswitchs(kind: Kind, reason: int, equal: bool, slave: bool) -> None:
    config = AsyncConfig()
    assert wants(config, of.OFPCR_ROLE_EQUAL, kind, reason) is equal
    assert wants(config, of.OFPCR_ROLE_MASTER, kind, reason) is equal
    assert wants(config, of.OFPCR_ROLE_SLAVE, kind, reason) is slave


def test_a_slave_may_ask_for_what_it_does_not_get_by_default() -> None:
    config = AsyncConfig(packet_in=(0, 1 << of.OFPR_INVALID_TTL))
    assert wants(config, of.OFPCR_ROLE_SLAVE, IN, of.OFPR_INVALID_TTL)
    assert not wants(config, of.OFPCR_ROLE_EQUAL, IN, of.OFPR_INVALID_TTL)


def test_only_asynchronous_messages_can_be_wanted() -> None:
    assert set(AsyncConfig().masks(of.OFPCR_ROLE_EQUAL)) == {IN, REMOVED, STATUS}


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
