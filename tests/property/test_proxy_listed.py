"""Flow statistics that are restored by their bytes are those that are restored by their values."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.actions import Output
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod
from slicer.openflow.multipart import FlowStats, FlowStatsReply
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import restore, translate
from slicer.proxy.pipeline.listed import Listings
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal
from tests.property.openflow_messages import MESSAGES
from tests.property.test_proxy_shallow import flow_mods

TERMS = Terms(5, GroupIds(), packet_in_meter=0x3_0005)
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
of_anybody = MESSAGES[FlowStatsReply].map(lambda reply: next(iter(reply.entries), None))
entries = st.lists(of_tenants | of_tenants | of_tenants | of_anybody, max_size=4)


def deep(frame: bytes, xid: int) -> bytes | None:
    """The reply by its values; None where a flow of it is nobody's."""
    reply = V13.decode(frame)
    assert isinstance(reply, FlowStatsReply)
    try:
        flows = tuple(restore.flow_stats(TERMS, each) for each in reply.entries)
    except restore.NotOurs:
        return None
    return V13.encode(replace(reply, entries=flows, xid=xid))


@given(st.lists(st.tuples(entries, st.booleans()), min_size=1, max_size=3))
def test_flow_statistics(said: list[tuple[list[FlowStats | None], bool]]) -> None:
    listings = Listings()
    for flows, more in said:
        try:
            frame = V13.encode(FlowStatsReply(7, tuple(each for each in flows if each), more))
            wanted = deep(frame, 99)
        except (EncodeError, MalformedError):
            continue
        for _ in range(2):
            found = listings.flow_stats(TERMS, frame, 99)
            assert found in (None, wanted)


@given(st.data())
def test_what_is_cut_or_broken_is_no_reply_or_the_same(data: st.DataObject) -> None:
    frame = bytearray(V13.encode(FlowStatsReply(7, (USUAL, USUAL))))
    frame[data.draw(st.integers(16, len(frame) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(frame[: data.draw(st.integers(16, len(frame)))])
    broken = broken[:2] + len(broken).to_bytes(2, "big") + broken[4:]
    found = Listings().flow_stats(TERMS, broken, 99)
    if found is not None:
        assert found == deep(broken, 99)


_ASKED = FlowMod(
    1, match=Match.of(in_port=1, eth_dst=5), instructions=(ApplyActions((Output(2),)),)
)
_USUAL = listed(_ASKED, [1, 2, 3, 4, 5, 6])
assert _USUAL is not None
USUAL: FlowStats = _USUAL


def test_the_usual_takes_the_shallow_way() -> None:
    listings = Listings()
    frame = V13.encode(FlowStatsReply(7, (USUAL, USUAL), more=True))
    for _ in range(2):
        assert listings.flow_stats(TERMS, frame, 99) == deep(frame, 99) is not None
    assert len(listings._known) == 1
