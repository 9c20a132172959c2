"""Flow statistics that are restored by their bytes are those that are restored by their values."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.actions import Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.multipart import FlowStats, FlowStatsReply
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import restore, translate
from slicer.proxy.pipeline.listed import Listings
from slicer.proxy.pipeline.listed_v10 import ListingsV10
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal
from tests.property.openflow_messages import MESSAGES
from tests.property.test_proxy_shallow import flow_mods

TERMS = Terms(5, GroupIds(), packet_in_meter=0x3_0005)
Kind = type[Listings] | type[ListingsV10]
NUMBERS = st.integers(0, 0xFFFF)


def listed(asked: FlowMod, numbers: list[int]) -> FlowStats | None:
    """A flow as the datapath lists it once the tenant has made it."""
    try:
        stored = translate.flow_mod(TERMS, asked)
    except Refusal:
        return None
    sec, nsec, idle, hard, packets, octets = numbers
    return FlowStats(
        *(stored.table_id, sec, nsec, stored.priority, idle, hard, 0, stored.cookie),
        *(packets, octets, stored.match, stored.instructions),
    )


of_tenants = st.builds(listed, flow_mods, st.lists(NUMBERS, min_size=6, max_size=6))


def first(reply: Message) -> FlowStats | None:
    """Any flow."""
    assert isinstance(reply, FlowStatsReply)
    return next(iter(reply.entries), None)


of_anybody = MESSAGES[FlowStatsReply].map(first)
entries = st.lists(of_tenants | of_tenants | of_tenants | of_anybody, max_size=4)


def deep(frame: bytes, xid: int, dialect: Dialect = V13) -> bytes | None:
    """The reply by its values; None where a flow of it is nobody's, or can't be said."""
    reply = V13.decode(frame)
    assert isinstance(reply, FlowStatsReply)
    try:
        flows = tuple(restore.flow_stats(TERMS, each) for each in reply.entries)
    except restore.NotOurs:
        return None
    try:
        return dialect.encode(replace(reply, entries=flows, xid=xid))
    except EncodeError:
        return None


by_version = pytest.mark.parametrize(
    ("kind", "dialect"), [(Listings, V13), (ListingsV10, V10)], ids=["1.3", "1.0"]
)


@by_version
@given(said=st.lists(st.tuples(entries, st.booleans()), min_size=1, max_size=3))
def test_flow_statistics(
    kind: Kind,
    dialect: Dialect,
    said: list[tuple[list[FlowStats | None], bool]],
) -> None:
    listings = kind()
    for flows, more in said:
        try:
            frame = V13.encode(FlowStatsReply(7, tuple(each for each in flows if each), more))
            wanted = deep(frame, 99, dialect)
        except (EncodeError, MalformedError):
            continue
        for _ in range(2):
            found = listings.flow_stats(TERMS, frame, 99)
            assert found in (None, wanted)


@by_version
@given(data=st.data())
def test_what_is_cut_or_broken_is_no_reply_or_the_same(
    kind: Kind, dialect: Dialect, data: st.DataObject
) -> None:
    listings = kind()
    frame = V13.encode(FlowStatsReply(7, (USUAL, USUAL)))
    assert listings.flow_stats(TERMS, frame, 99) == deep(frame, 99, dialect)
    changed = bytearray(frame)
    changed[data.draw(st.integers(16, len(frame) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(changed[: data.draw(st.integers(16, len(frame)))])
    broken = broken[:2] + len(broken).to_bytes(2, "big") + broken[4:]
    found = listings.flow_stats(TERMS, broken, 99)
    if found is not None:
        assert found == deep(broken, 99, dialect)


HOSTS = st.fixed_dictionaries(
    {"in_port": st.sampled_from([1, 2, 0xFF00, 0xFFFFFFFE]), "eth_type": st.just(0x0800)},
    optional={
        "eth_dst": st.integers(0, 2**48 - 1),
        "ipv4_src": st.integers(0, 2**32 - 1),
        "ipv4_dst": st.integers(0, 2**32 - 1),
        "ip_dscp": st.integers(0, 1),
        "vlan_vid": st.sampled_from([0, 0x1005]),
    },
)


@by_version
@given(hosts=st.lists(HOSTS, min_size=1, max_size=6))
def test_flows_that_differ_in_their_hosts(
    kind: Kind, dialect: Dialect, hosts: list[dict[str, int]]
) -> None:
    asked = [replace(_ASKED, match=Match.of(**each)) for each in hosts]
    flows = [listed(each, [1, 2, 3, 4, 5, index]) for index, each in enumerate(asked)]
    frame = V13.encode(FlowStatsReply(7, tuple(each for each in flows if each)))
    listings = kind()
    for _ in range(2):
        assert listings.flow_stats(TERMS, frame, 99) == deep(frame, 99, dialect)


_ASKED = FlowMod(
    1, match=Match.of(in_port=1, eth_dst=5), instructions=(ApplyActions((Output(2),)),)
)
_USUAL = listed(_ASKED, [1, 2, 3, 4, 5, 6])
assert _USUAL is not None
USUAL: FlowStats = _USUAL


@by_version
def test_the_usual_takes_the_shallow_way(kind: Kind, dialect: Dialect) -> None:
    listings = kind()
    frame = V13.encode(FlowStatsReply(7, (USUAL, USUAL), more=True))
    for _ in range(2):
        assert listings.flow_stats(TERMS, frame, 99) == deep(frame, 99, dialect) is not None
    assert len(listings._known) == 1
