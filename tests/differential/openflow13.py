"""Conversations in OpenFlow 1.3: every message that a controller may send, and others.

The strategies of conversations; `conversations` is what a test asks for. They are weighted so that
most requests are carried out and most packets meet a flow: `tally.py` counts whether they do.
Invariant: no step has an effect that outlives its conversation, but for generation ids and port
configurations, which `play.py` takes back.
"""

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.groups import DropBand
from slicer.openflow.v13 import V13
from tests.differential import deeds, matches
from tests.differential import packets as p
from tests.differential.conversation import Conversation, Receive, Say
from tests.differential.switches import address_of

xids: Final = st.sampled_from((1, 2, 0, 0xFFFF_FFFF, 0x1234_5678))
tables: Final = st.sampled_from((0,) * 12 + (1,) * 4 + (2, 3, 250))
odd_tables: Final = st.sampled_from((251, 252, 253, 254, 255))
priorities: Final = st.sampled_from((0, 1, 100, 100, 0x8000, 0xFFFF))
cookies: Final = st.sampled_from((0, 1, 0xABCD, 0x51CE_0100_0001_0000, (1 << 64) - 1))
cookie_masks: Final = st.sampled_from((0, 0, 0, 1, 0xFFFF, (1 << 64) - 1))
timeouts: Final = st.sampled_from((0, 0, 0, 60, 0xFFFF))
ports: Final = st.sampled_from((1, 2, 3, of.OFPP_LOCAL))
odd_ports: Final = st.sampled_from(
    (0, 4, 0xFEFF, 0xFF00, of.OFPP_MAX, of.OFPP_IN_PORT, of.OFPP_CONTROLLER, of.OFPP_ALL)
)
out_ports: Final = st.sampled_from((of.OFPP_ANY,) * 5 + (1, 2, of.OFPP_CONTROLLER, 0))
out_groups: Final = st.sampled_from((of.OFPG_ANY,) * 7 + (1, 2, of.OFPG_ALL, 0))
no_buffer: Final = st.just(of.OFP_NO_BUFFER)
odd_buffers: Final = st.sampled_from((0, 1, 0xFFFF_FF00))
flags: Final = st.sampled_from((0, 0, 0, 1, 1, 2, 4, 5, 8, 16, 24, 31))
odd_flags: Final = st.sampled_from((0x20, 0x8000))
packets: Final = st.sampled_from(p.PLAIN * 2 + p.TAGGED + p.ODD + p.DOUBLY_TAGGED)

add_flow: Final = st.builds(
    m.FlowMod,
    xids,
    cookies,
    st.just(0),
    tables,
    st.just(of.OFPFC_ADD),
    timeouts,
    timeouts,
    priorities,
    no_buffer,
    st.just(of.OFPP_ANY),
    st.just(of.OFPG_ANY),
    flags,
    matches.good,
    deeds.good_instructions,
)
change_flows: Final = st.builds(
    m.FlowMod,
    xids,
    cookies,
    cookie_masks,
    tables | st.just(of.OFPTT_ALL),
    st.sampled_from((1, 1, 2, 3, 3, 4)),
    timeouts,
    timeouts,
    priorities,
    no_buffer,
    out_ports,
    out_groups,
    flags,
    matches.good,
    deeds.good_instructions,
)
odd_flow_mod: Final = st.builds(
    m.FlowMod,
    xids,
    cookies,
    cookie_masks,
    tables | odd_tables,
    st.sampled_from((0, 0, 0, 1, 2, 3, 4, 5, 255)),
    timeouts,
    timeouts,
    priorities,
    no_buffer | odd_buffers,
    out_ports,
    out_groups,
    flags | odd_flags,
    matches.good | matches.broken(),
    deeds.good_instructions | deeds.bad_instructions,
)
packet_out: Final = st.builds(
    m.PacketOut,
    xids,
    no_buffer,
    st.just(of.OFPP_CONTROLLER) | ports,
    deeds.any_actions | st.just((deeds.TO_TABLE,)),
    packets,
)
odd_packet_out: Final = st.builds(
    m.PacketOut,
    xids,
    no_buffer | odd_buffers,
    ports | odd_ports | st.just(of.OFPP_ANY),
    deeds.any_actions | deeds.bad_actions,
    packets | st.sampled_from((b"", b"\0" * 13, b"\xff" * 14)),
)
group_types: Final = st.sampled_from(
    (of.OFPGT_ALL, of.OFPGT_SELECT, of.OFPGT_INDIRECT, of.OFPGT_FF)
)
group_ids: Final = st.sampled_from((1, 1, 1, 2, 2, 3, of.OFPG_MAX))
odd_group_ids: Final = st.sampled_from((0, of.OFPG_MAX + 1, of.OFPG_ALL, of.OFPG_ANY))


@st.composite
def group_mods(draw: st.DrawFn) -> m.GroupMod:
    """A group-mod that its switch likely carries out."""
    kind = draw(group_types)
    command = draw(st.sampled_from((0, 0, 0, 1, 2)))
    number = draw(group_ids)
    return m.GroupMod(draw(xids), command, kind, number, draw(deeds.buckets[kind]))


odd_group_mod: Final = st.builds(
    m.GroupMod,
    xids,
    st.sampled_from((0, 0, 1, 2, 3)),
    group_types | st.just(4),
    group_ids | odd_group_ids,
    deeds.any_buckets,
)


def _flow_requests(cls: type[m.Message]) -> SearchStrategy[m.Message]:
    wanted = st.just(of.OFPTT_ALL)
    plain = st.builds(cls, xids, wanted)
    picky = st.builds(
        cls,
        xids,
        wanted | tables | odd_tables,
        out_ports,
        out_groups,
        cookies,
        cookie_masks,
        matches.good | matches.broken(),
    )
    return plain | picky


questions: Final[SearchStrategy[m.Message]] = st.one_of(
    *[_flow_requests(mp.FlowStatsRequest)] * 4,
    *[_flow_requests(mp.AggregateRequest)] * 2,
    st.builds(mp.GroupStatsRequest, xids, group_ids | st.just(of.OFPG_ALL) | odd_group_ids),
    st.builds(mp.GroupDescRequest, xids),
    st.builds(mp.GroupFeaturesRequest, xids),
    st.builds(mp.DescRequest, xids),
    st.builds(mp.PortDescRequest, xids),
    st.builds(mp.PortStatsRequest, xids, ports | st.just(of.OFPP_ANY) | odd_ports),
    st.builds(mp.TableStatsRequest, xids),
    st.builds(mp.QueueStatsRequest, xids, ports | st.just(of.OFPP_ANY), st.just(of.OFPQ_ALL)),
    st.builds(mp.MeterStatsRequest, xids),
    st.builds(mp.MeterConfigRequest, xids),
    st.builds(mp.MeterFeaturesRequest, xids),
    st.builds(mp.ExperimenterMultipartRequest, xids, st.just(0x2320), st.just(0)),
    st.builds(m.FeaturesRequest, xids),
    st.builds(m.GetConfigRequest, xids),
    st.builds(m.GetAsyncRequest, xids),
    st.builds(m.EchoRequest, xids, st.binary(max_size=8)),
    st.builds(m.BarrierRequest, xids),
    st.builds(m.QueueGetConfigRequest, xids, ports | odd_ports | st.just(of.OFPP_ANY)),
)
masks: Final = st.tuples(*[st.sampled_from((0, 1, 2, 3, 7, 15, 0xFFFF_FFFF))] * 2)
generations: Final = st.sampled_from((0, 1, 5, 1 << 63, (1 << 64) - 1))
settings: Final[SearchStrategy[m.Message]] = st.one_of(
    st.builds(
        m.SetConfig, xids, st.sampled_from((0, 0, 0, 1, 2, 3, 8)), st.sampled_from((1, 40, 0xFFFF))
    ),
    st.builds(m.RoleRequest, xids, st.sampled_from((0, 1, 2, 2, 3, 3, 4)), generations),
    st.builds(m.SetAsync, xids, masks, masks, masks),
    st.builds(m.TableMod, xids, tables | odd_tables, st.sampled_from((0, 1, 3, 4))),
)
METER: Final = (DropBand(4_000_000, 1_000_000),)
"""So high that no test comes near."""
_HELD_BY_PORTS: Final = of.OFPPC_NO_RECV | of.OFPPC_NO_FWD | of.OFPPC_NO_PACKET_IN


@st.composite
def port_mods(draw: st.DrawFn) -> m.PortMod:
    """A change of what a port does; taking it down takes the link down, which takes its time."""
    port = draw(ports | odd_ports)
    config = draw(st.sampled_from((0, _HELD_BY_PORTS, of.OFPPC_NO_RECV, of.OFPPC_NO_FWD)))
    return m.PortMod(draw(xids), port, address_of(port), config, _HELD_BY_PORTS, 0)


other: Final[SearchStrategy[m.Message]] = st.one_of(
    st.builds(m.Experimenter, xids, st.sampled_from((0x2320, 0x1234)), st.integers(0, 40)),
    st.builds(m.EchoReply, xids),
    st.builds(m.BarrierReply, xids),
    st.builds(m.FeaturesReply, xids, *[st.just(0)] * 5),
    st.builds(m.ErrorMessage, xids, st.just(1), st.just(1), st.just(b"")),
    st.builds(
        m.MeterMod, xids, st.integers(0, 2), st.sampled_from((1, 5)), st.just(1), st.just(METER)
    ),
    port_mods(),
    st.builds(m.GetConfigReply, xids, st.just(0), st.just(0)),
)
messages: Final[SearchStrategy[m.Message]] = st.one_of(
    *[add_flow] * 10,
    *[change_flows] * 4,
    *[odd_flow_mod] * 2,
    *[packet_out] * 3,
    odd_packet_out,
    *[group_mods()] * 4,
    odd_group_mod,
    *[questions] * 4,
    settings,
    other,
)


@st.composite
def malformed(draw: st.DrawFn) -> bytes:
    """A frame with a byte changed, cut short or made longer; its framing stays sound."""
    frame = bytearray(V13.encode(draw(messages)))
    way = draw(st.integers(0, 3))
    if way == 0:
        del frame[draw(st.integers(8, len(frame))) :]
    elif way == 1:
        frame += bytes(draw(st.sampled_from((1, 4, 8, 16))))
    elif len(frame) > 8:
        at = draw(st.integers(8, len(frame) - 1))
        frame[at] ^= draw(st.sampled_from((1, 0x80, 0xFF, 0x08, 0x10)))
    if way == 3:
        frame[1] = draw(st.integers(0, 40))
    frame[2:4] = len(frame).to_bytes(2, "big")
    return bytes(frame)


frames: Final[SearchStrategy[bytes]] = st.one_of(*[messages.map(V13.encode)] * 14, malformed())
said: Final = st.builds(Say, frames)
said_by_either: Final = st.builds(Say, frames, st.sampled_from((0, 0, 1)))
received: Final = st.builds(Receive, ports, st.lists(packets, min_size=1, max_size=3).map(tuple))


def _steps(say: SearchStrategy[Say]) -> SearchStrategy[Conversation]:
    begin = st.lists(st.builds(Say, add_flow.map(V13.encode)), max_size=2)
    then = st.lists(st.one_of(say, say, received), min_size=1, max_size=9)
    return st.tuples(begin, then).map(lambda parts: (*parts[0], *parts[1]))


conversations: Final[SearchStrategy[Conversation]] = st.one_of(
    *[_steps(said)] * 5, _steps(said_by_either)
)
"""One controller's conversations, and now and then those of two."""
