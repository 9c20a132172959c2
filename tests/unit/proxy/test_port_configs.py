"""Port configurations: each slice's own, of the bits that can be configured."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import PortMod
from slicer.proxy.port_configs import PortConfigs
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver
from tests.unit.proxy.parts import ports

NO_FLOOD, NO_FWD, DOWN = of.OFPPC_NO_FLOOD, of.OFPPC_NO_FWD, of.OFPPC_PORT_DOWN


@pytest.fixture
def red() -> Sliver:
    sliver = Sliver("red", "s1", 1, 7)
    sliver.set_ports(ports(1, 2))
    return sliver


def asked(config: int, mask: int = 0xFFFF_FFFF, number: int = 1) -> PortMod:
    return PortMod(9, number, ports(number)[number].hw_addr, config, mask)


def test_the_bits_that_are_meant_and_known_change(red: Sliver) -> None:
    configs = PortConfigs(NO_FLOOD | NO_FWD)
    assert not configs
    assert configs.change(red, asked(NO_FLOOD | NO_FWD | DOWN)) == 0
    assert configs.change(red, asked(0, mask=NO_FLOOD)) == NO_FLOOD | NO_FWD
    assert (configs.of(7, 1), configs.of(7, 2), configs.of(8, 1)) == (NO_FWD, 0, 0)
    assert configs


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (asked(0, number=3), errors.PORT_MOD_FAILED_BAD_PORT),
        (replace(asked(0), hw_addr=bytes(6)), errors.PORT_MOD_FAILED_BAD_HW_ADDR),
        (asked(DOWN), errors.BAD_REQUEST_EPERM),
    ],
)
def test_what_is_refused_changes_nothing(red: Sliver, request_: PortMod, error: ErrorCode) -> None:
    configs = PortConfigs(NO_FLOOD | DOWN)
    with pytest.raises(Refusal) as refusal:
        configs.change(red, request_, DOWN)
    assert refusal.value.error is error
    assert not configs


def test_a_bit_that_would_be_refused_may_be_cleared(red: Sliver) -> None:
    assert PortConfigs(NO_FLOOD).change(red, asked(0), DOWN) == 0
