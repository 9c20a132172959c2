"""Verdicts: what is asked about a packet, and what is not remembered.

`tests/property/test_proxy_verdicts.py` says that no verdict changes by it.
"""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.proxy.pipeline import verdicts
from slicer.proxy.pipeline.verdicts import MOST_OUTPUTS, Verdicts
from slicer.proxy.refusal import Refusal
from tests.unit.proxy.parts import red_sliver

ARP = bytes(12) + b"\x08\x06" + bytes(28)
IPV4 = bytes(12) + b"\x08\x00" + bytes.fromhex("450000280001000040060000") + bytes(28)
BY_HEADER = FlowSpace([Rule("red", 1, Region.of(eth_type=0x0806))])
BY_ADDRESS = FlowSpace([Rule("red", 1, Region.of(eth_type=0x0800, ipv4_src=0))])


@pytest.mark.parametrize(("space", "data"), [(BY_HEADER, ARP), (BY_ADDRESS, IPV4)])
def test_what_differs_where_no_rule_looks_is_judged_once(
    space: FlowSpace, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    met, red = Verdicts(space), red_sliver()
    met.of(red)((1,), data)
    monkeypatch.setattr(verdicts, "check_packet", None)
    met.of(red)((1,), data + b"more")
    met.of(red)(None, b"what does more than output is the switch's to judge")
    with pytest.raises(TypeError):
        met.of(red)((2,), data)


def test_what_is_refused_is_refused_each_time() -> None:
    met = Verdicts(BY_HEADER)
    for _ in range(2):
        with pytest.raises(Refusal, match="not the slice's"):
            met.of(red_sliver())((1,), IPV4)


def test_of_later_fragments_and_long_lists_nothing_is_remembered() -> None:
    met, red = Verdicts(BY_ADDRESS), red_sliver()
    fragment = IPV4[:20] + b"\x00\x10" + IPV4[22:]
    met.of(red)((1,), fragment)
    met.of(red)((of.OFPP_FLOOD,) * (MOST_OUTPUTS + 1), IPV4)
    assert met._passed["red"][1] == {}
