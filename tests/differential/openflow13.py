"""Conversations in OpenFlow 1.3: every message that a controller may send, and others.

The strategies of messages; `conversations` is what a test asks for. They are weighted so that
most requests are carried out and most packets meet a flow: `tally.py` counts whether they do.
Invariant: no step has an effect that outlives its conversation, but for generation ids and port
configurations, which `play.py` takes back.
"""

from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import bundles
from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.groups import DropBand, DscpRemarkBand, ExperimenterBand
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.differential import deeds, generating, matches
from tests.differential.conversation import Say
from tests.differential.generating import EITHER, ONE, packets, weighted
from tests.differential.switches import address_of

xids: Final = st.sampled_from((1, 2, 0, 0xFFFF_FFFF, 0x1234_5678))
tables: Final = st.sampled_from((0,) * 12 + (1,) * 4 + (2, 3, 250))
odd_tables: Final = st.sampled_from((251, 252, 253, 254))
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
odd_buffers: Final = st.sampled_from((0, 1, 0xFFFF_FF00))
flags: Final = st.sampled_from((0, 0, 0, 1, 1, 2, 4, 5, 8, 16, 24, 31))
odd_flags: Final = st.sampled_from((0x20, 0x8000))
group_types: Final = st.sampled_from(
    (of.OFPGT_ALL, of.OFPGT_SELECT, of.OFPGT_INDIRECT, of.OFPGT_FF)
)
group_ids: Final = st.sampled_from((1, 1, 1, 2, 2, 3, of.OFPG_MAX))
odd_group_ids: Final = st.sampled_from((0, of.OFPG_MAX + 1, of.OFPG_ALL, of.OFPG_ANY))

meter_ids: Final = st.sampled_from((1, 1, 1, 2, 2, 3, 0x4_0001, of.OFPM_MAX))
odd_meter_ids: Final = st.sampled_from((0, of.OFPM_MAX + 1, of.OFPM_ALL))
METER: Final = (DropBand(4_000_000, 1_000_000),)
"""So high that no test comes near."""
meters: Final = st.sampled_from((METER, METER * 2, (*METER, DropBand(5_000_000, 0))))
bad_meters: Final = st.sampled_from(
    (
        (),
        METER * 9,
        (DropBand(0, 0),),
        (DscpRemarkBand(1000, 100, 1),),
        (ExperimenterBand(1000, 100, 0x1234),),
    )
)

Strategy = SearchStrategy[Any]


@st.composite
def _flow_mods(
    draw: st.DrawFn,
    commands: Strategy,
    tables: Strategy = tables,
    *,
    wide: bool = False,
    sound: bool = False,
) -> m.FlowMod:
    """A flow-mod whose actions fit its match; a wide one matches every packet now and then, and a
    sound one has nothing but outputs."""
    shape = draw(_shapes)
    every = wide and draw(st.integers(0, 3)) > 0
    command = draw(commands)
    changes = command != of.OFPFC_ADD
    return m.FlowMod(
        draw(xids),
        draw(cookies),
        draw(cookie_masks) if changes else 0,
        draw(tables),
        command,
        draw(timeouts),
        draw(timeouts),
        draw(priorities),
        of.OFP_NO_BUFFER,
        draw(out_ports) if changes else of.OFPP_ANY,
        draw(out_groups) if changes else of.OFPG_ANY,
        draw(flags),
        Match() if every else draw(_matches[id(shape)]),
        draw(deeds.sound_instructions if sound else deeds.fitting[id(shape)]),
    )


_shapes: Final = st.sampled_from(matches.SHAPES)
_matches: Final = {id(shape): shape.matches for shape in matches.SHAPES}
_ADD: Final = st.just(of.OFPFC_ADD)
_CHANGES: Final = st.sampled_from((of.OFPFC_MODIFY, of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT))
_DELETES: Final = st.sampled_from((of.OFPFC_DELETE, of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT))
_some_tables: Final = tables | st.just(of.OFPTT_ALL)


def _packet_outs(actions: Strategy) -> SearchStrategy[m.PacketOut]:
    from_port = st.just(of.OFPP_CONTROLLER) | ports
    return st.builds(
        m.PacketOut,
        xids,
        st.just(of.OFP_NO_BUFFER),
        from_port,
        actions | st.just((deeds.TO_TABLE,)),
        packets,
    )


meter_mod: Final = st.builds(
    m.MeterMod,
    xids,
    st.sampled_from((0, 0, 0, 1, 2)),
    st.sampled_from((1, 2, 5, 9, 13)),
    meter_ids,
    meters,
)


@st.composite
def _group_mods(draw: st.DrawFn, buckets: dict[int, deeds.Buckets]) -> m.GroupMod:
    kind = draw(group_types)
    command = draw(st.sampled_from((0, 0, 0, 1, 2)))
    return m.GroupMod(draw(xids), command, kind, draw(group_ids), draw(buckets[kind]))


add_flow: Final = _flow_mods(_ADD)
wide_flow: Final = _flow_mods(_ADD, st.sampled_from((0, 0, 0, 0, 1)), wide=True)
"""A flow that packets likely meet."""
change_flows: Final = _flow_mods(_CHANGES, wide=True) | _flow_mods(
    _DELETES, _some_tables, wide=True
)
packet_out: Final = _packet_outs(deeds.actions)
group_mod: Final = _group_mods(deeds.buckets)
sound: Final = (
    _flow_mods(_ADD, sound=True),
    _flow_mods(_CHANGES, sound=True) | _flow_mods(_DELETES, _some_tables, sound=True),
    _packet_outs(deeds.outputs),
    _group_mods(deeds.sound_buckets),
    meter_mod,
)
"""Messages that a switch carries out unless its state forbids it."""

FAULTS: Final[dict[type[m.Message], tuple[dict[str, Strategy], ...]]] = {
    m.FlowMod: (
        {"table_id": odd_tables},
        {"table_id": st.just(of.OFPTT_ALL), "command": st.sampled_from((0, 1, 2))},
        # Some matches set bits that their masks leave out, which is a fault of its own.
        {"command": st.sampled_from((5, 255)), "table_id": tables, "match": st.just(Match())},
        {"buffer_id": odd_buffers},
        {"flags": odd_flags},
        {"out_port": st.just(0xFF00)},
        {"match": matches.broken()},
        {"match": matches.broken()},
        {"match": matches.broken()},
        {"instructions": deeds.bad_instructions},
        {"instructions": deeds.bad_instructions},
        {"instructions": deeds.bad_instructions},
        {"instructions": deeds.bad_instructions},
    ),
    m.PacketOut: (
        {"buffer_id": odd_buffers},
        {"in_port": odd_ports | st.just(of.OFPP_ANY)},
        {"actions": deeds.bad_actions},
        {"actions": deeds.bad_actions},
        {"data": st.sampled_from((b"", b"\0" * 13, b"\xff" * 14))},
    ),
    m.GroupMod: (
        {"command": st.just(3)},
        {"type": st.just(4), "buckets": st.just(())},
        {"group_id": odd_group_ids},
        {"buckets": deeds.bad_buckets},
        {"buckets": deeds.bad_buckets},
    ),
    m.MeterMod: (
        {"flags": st.sampled_from((0, 3, 4, 16, 17))},
        {"meter_id": odd_meter_ids},
        {"bands": bad_meters},
    ),
}
"""One fault each: what is changed in a sound message."""


@st.composite
def faulty(draw: st.DrawFn) -> tuple[m.Message, int]:
    """A message with one fault or more, and how many."""
    message: Any = draw(st.one_of(*sound))
    count = draw(st.sampled_from((1, 1, 1, 1, 2)))
    for _ in range(count):
        fault = draw(st.sampled_from(FAULTS[type(message)]))
        message = replace(message, **{name: draw(values) for name, values in fault.items()})
    return message, count


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
    st.builds(
        mp.QueueStatsRequest,
        xids,
        ports | st.just(of.OFPP_ANY) | odd_ports,
        st.sampled_from((of.OFPQ_ALL, of.OFPQ_ALL, 0, 1)),
    ),
    st.builds(mp.MeterStatsRequest, xids, meter_ids | st.just(of.OFPM_ALL) | odd_meter_ids),
    st.builds(mp.MeterConfigRequest, xids, meter_ids | st.just(of.OFPM_ALL) | odd_meter_ids),
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
_HELD_BY_PORTS: Final = of.OFPPC_NO_RECV | of.OFPPC_NO_FWD | of.OFPPC_NO_PACKET_IN


@st.composite
def port_mods(draw: st.DrawFn) -> m.PortMod:
    """A change of what a port does; taking it down takes the link down, which takes its time."""
    port = draw(ports | odd_ports)
    config = draw(
        st.sampled_from(
            (0, _HELD_BY_PORTS, of.OFPPC_NO_RECV, of.OFPPC_NO_FWD, of.OFPPC_NO_PACKET_IN)
        )
    )
    return m.PortMod(draw(xids), port, address_of(port), config, _HELD_BY_PORTS, 0)


other: Final[SearchStrategy[m.Message]] = st.one_of(
    st.builds(m.Experimenter, xids, st.sampled_from((0x2320, 0x1234)), st.integers(0, 40)),
    st.builds(m.EchoReply, xids),
    st.just(m.Hello(1, frozenset({V13.version}))),
    st.builds(m.BarrierReply, xids),
    st.builds(m.FeaturesReply, xids, *[st.just(0)] * 5),
    st.builds(m.ErrorMessage, xids, st.just(1), st.just(1), st.just(b"")),
    port_mods(),
    st.builds(m.GetConfigReply, xids, st.just(0), st.just(0)),
)


@st.composite
def bundled(draw: st.DrawFn) -> m.Message:
    """A message about a bundle: mostly the same one, mostly with the same flags."""
    number, flags = draw(st.sampled_from((1, 1, 1, 2))), draw(st.sampled_from((3, 3, 3, 3, 1)))
    step = draw(st.sampled_from((*BUNDLE_STEPS, None, None, None, None)))
    if step is not None:
        return bundles.Control(number, step, flags).message(draw(xids))
    changes = add_flow, change_flows, packet_out, group_mod
    return bundles.add(number, flags, V13.encode(draw(st.one_of(*changes))))


BUNDLE_STEPS: Final = (
    bundles.Step.OPEN_REQUEST,
    bundles.Step.CLOSE_REQUEST,
    bundles.Step.COMMIT_REQUEST,
    bundles.Step.COMMIT_REQUEST,
    bundles.Step.DISCARD_REQUEST,
    bundles.Step.OPEN_REPLY,
)

messages: Final[SearchStrategy[m.Message]] = weighted(
    (5, bundled()),
    (12, add_flow),
    (4, change_flows),
    (4, packet_out),
    (5, group_mod),
    (3, meter_mod),
    (6, questions),
    (1, settings),
    (1, other),
)


_sound_frames: Final = st.one_of(*sound, questions, settings).map(V13.encode)
_faulty_frames: Final = faulty().map(lambda made: (V13.encode(made[0]), made[1]))
_said: Final = {
    by is EITHER: generating.said(
        messages.map(V13.encode), _faulty_frames, generating.malformed(_sound_frames, 30), by
    )
    for by in (ONE, EITHER)
}
_openings: Final = weighted((4, wide_flow), (1, _group_mods(deeds.buckets)), (1, meter_mod)).map(
    V13.encode
)


LOOK_BACK: Final = tuple(
    Say(V13.encode(each))
    for each in (
        mp.FlowStatsRequest(3),
        mp.AggregateRequest(3),
        mp.GroupDescRequest(3),
        mp.GroupStatsRequest(3),
        mp.MeterConfigRequest(3),
        mp.MeterStatsRequest(3),
    )
)
"""Said last: it shows what the conversation has left behind, and what was counted."""


conversations: Final = generating.conversations(_openings, _said, LOOK_BACK)
