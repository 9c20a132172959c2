"""The constants have the values that Ryu gives to the same names."""

import pytest
from ryu.ofproto import ofproto_v1_0, ofproto_v1_3

from slicer.openflow import constants

NAMES = [name for name in vars(constants) if name.startswith("OFP")]
OF_1_0_ALONE = {"OFPPC_NO_FLOOD", "OFPPC_NO_STP", "OFPPC_NO_RECV_STP"}


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_is_the_specifications(name: str) -> None:
    ofproto = ofproto_v1_0 if name in OF_1_0_ALONE else ofproto_v1_3
    assert getattr(constants, name) == getattr(ofproto, name)


def test_the_experimenter_ids() -> None:
    assert constants.NICIRA == 0x2320
