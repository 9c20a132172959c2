"""Listed: flows in the tenant's terms by their bytes, and what is left to the deep way.

`tests/property/test_proxy_listed.py` compares the two for generated flows, in both versions.
"""

from dataclasses import replace
from struct import pack

import pytest

from slicer.openflow.actions import Group, Output, SetVlanVid
from slicer.openflow.dialect import Dialect
from slicer.openflow.instructions import ApplyActions, Instruction, MeterInstruction
from slicer.openflow.multipart import FlowStats, FlowStatsReply
from slicer.openflow.oxm import Match, header_of
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import kept, restore
from slicer.proxy.pipeline.listed import Listings
from slicer.proxy.pipeline.listed_v10 import ListingsV10
from slicer.proxy.pipeline.terms import GroupIds, Terms

TERMS = Terms(5, GroupIds())
FLOW = FlowStats(1, 9, 9, 7, 0, 0, 0, 3, 99, 9_999, Match.of(reg0=5, in_port=1, eth_dst=2), ())
Kind = type[Listings] | type[ListingsV10]
by_version = pytest.mark.parametrize(("kind", "dialect"), [(Listings, V13), (ListingsV10, V10)])


def listing(*flows: FlowStats) -> bytes:
    return V13.encode(FlowStatsReply(1, flows))


@by_version
def test_flows_are_the_tenants(kind: Kind, dialect: Dialect) -> None:
    flows = [replace(FLOW, match=Match.of(reg0=5, in_port=1, eth_dst=each)) for each in range(9)]
    restored = tuple(restore.flow_stats(TERMS, each) for each in flows)
    found = kind().flow_stats(TERMS, listing(*flows), 42)
    assert found == dialect.encode(FlowStatsReply(42, restored))


@by_version
@pytest.mark.parametrize(
    "instructions",
    [
        (ApplyActions((Group(7),)),),
        (MeterInstruction(7),),
    ],
    ids=str,
)
def test_what_is_not_the_tenants_is_for_the_deep_way(
    kind: Kind, dialect: Dialect, instructions: tuple[Instruction, ...]
) -> None:
    frame = listing(FLOW, replace(FLOW, instructions=instructions))
    assert kind().flow_stats(TERMS, frame, 42) is None
    assert kind().flow_stats(TERMS, listing(replace(FLOW, table_id=253)), 42) is None


@by_version
@pytest.mark.parametrize("name", ["in_port", "eth_dst"])
def test_a_match_that_ends_in_a_field_without_its_value_is_for_the_deep_way(
    kind: Kind, dialect: Dialect, name: str
) -> None:
    match = pack("!HHI", 1, 8, header_of(name))
    entry = pack("!HB45x", 48 + len(match), 1) + match
    frame = pack("!BBHIHH4x", 4, 19, 16 + len(entry), 1, 1, 0) + entry
    assert kind().flow_stats(TERMS, frame, 42) is None


def test_what_is_worded_by_the_match_is_for_the_deep_way() -> None:
    rewrites = (ApplyActions((SetVlanVid(5), Output(1))),)
    assert Listings()._restored(TERMS, V13.encode(FlowStatsReply(1, ()))[16:]) == b""
    frame = listing(replace(FLOW, instructions=rewrites))
    found = Listings().flow_stats(TERMS, frame, 42)
    reply = V13.decode(frame)
    assert isinstance(reply, FlowStatsReply)
    flows = tuple(restore.flow_stats(TERMS, each) for each in reply.entries)
    assert found in (None, V13.encode(FlowStatsReply(42, flows)))


@by_version
def test_what_is_kept_is_bounded(
    kind: Kind, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("listed", "listed_v10"):
        monkeypatch.setattr(f"slicer.proxy.pipeline.{module}.KEPT", 4)
    listings = kind()
    for number in range(20):
        to = (ApplyActions((Output(0xFFFFFFFD, number),)),)
        listings.flow_stats(TERMS, listing(replace(FLOW, instructions=to)), 42)
    assert 0 < len(listings._known) <= 4
    assert kept.KEPT > 4
