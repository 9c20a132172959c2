"""Conversations in OpenFlow 1.0: every message that a controller may send, and others.

The strategies of frames, written without the slicer's codec; `conversations` is what a test asks
for. Invariant: no step has an effect that outlives its conversation, but for flows and port
configurations, which `play.py` takes back.
"""

from dataclasses import dataclass, replace
from struct import pack
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.differential import deeds10 as deeds
from tests.differential import generating
from tests.differential import matches10 as m
from tests.differential.conversation import Say
from tests.differential.generating import EITHER, ONE, Faulty, packets, weighted
from tests.differential.switches import address_of

Frames = SearchStrategy[bytes]

(
    HELLO,
    ERROR,
    ECHO_REQUEST,
    ECHO_REPLY,
    VENDOR,
    FEATURES_REQUEST,
    FEATURES_REPLY,
    GET_CONFIG_REQUEST,
    GET_CONFIG_REPLY,
    SET_CONFIG,
    PACKET_IN,
    FLOW_REMOVED,
    PORT_STATUS,
    PACKET_OUT,
    FLOW_MOD,
    PORT_MOD,
    STATS_REQUEST,
    STATS_REPLY,
    BARRIER_REQUEST,
    BARRIER_REPLY,
    QUEUE_GET_CONFIG_REQUEST,
    QUEUE_GET_CONFIG_REPLY,
    FIRST_UNKNOWN,
) = range(23)
"""The types of messages (OpenFlow 1.0 5.1)."""
DESC, FLOW, AGGREGATE, TABLE, PORT, QUEUE, PORT_DESC, VENDOR_STATS = (0, 1, 2, 3, 4, 5, 13, 0xFFFF)
"""The types of statistics (5.3.5), and Open vSwitch's port-desc."""
ADD, MODIFY, MODIFY_STRICT, DELETE, DELETE_STRICT = range(5)
SEND_FLOW_REM, CHECK_OVERLAP, EMERGENCY = 1, 2, 4
NO_BUFFER: Final = 0xFFFF_FFFF
ALL_QUEUES: Final = 0xFFFF_FFFF
NO_STP, NO_RECV, NO_RECV_STP, NO_FLOOD, NO_FWD, NO_PACKET_IN = (1 << bit for bit in range(1, 7))

xids: Final = st.sampled_from((1, 2, 0, 0xFFFF_FFFF, 0x1234_5678))
priorities: Final = st.sampled_from((0, 1, 100, 100, 0x8000, 0xFFFF))
cookies: Final = st.sampled_from((0, 1, 0xABCD, 0x51CE_0100_0001_0000, (1 << 64) - 1))
timeouts: Final = st.sampled_from((0, 0, 0, 60, 0xFFFF))
ports: Final = st.sampled_from(m.PORTS)
odd_ports: Final = st.sampled_from((0, 4, 0xFEFF, 0xFF00, m.IN_PORT, m.CONTROLLER, m.ALL))
out_ports: Final = st.sampled_from((m.NONE,) * 5 + (1, 2, m.CONTROLLER, 0, 4))
odd_buffers: Final = st.sampled_from((0, 1, 0xFFFF_FF00))
flags: Final = st.sampled_from((0, 0, 0, SEND_FLOW_REM, SEND_FLOW_REM, CHECK_OVERLAP, 3))
tables: Final = st.sampled_from((0xFF, 0xFF, 0, 0, 1, 250, 251, 253, 254))


def message(xid: int, kind: int, body: bytes = b"") -> bytes:
    """A message of OpenFlow 1.0."""
    return pack("!BBHI", 1, kind, 8 + len(body), xid) + body


@dataclass(frozen=True, slots=True)
class FlowMod:
    """OpenFlow 1.0 5.3.3."""

    match: bytes = m.ANYTHING
    actions: bytes = b""
    command: int = ADD
    cookie: int = 0
    idle: int = 0
    hard: int = 0
    priority: int = 0x8000
    buffer_id: int = NO_BUFFER
    out_port: int = m.NONE
    flags: int = 0
    xid: int = 1

    @property
    def frame(self) -> bytes:
        """As bytes."""
        times = (self.idle, self.hard, self.priority)
        rest = (self.buffer_id, self.out_port, self.flags)
        body = pack("!QHHHHIHH", self.cookie, self.command, *times, *rest)
        return message(self.xid, FLOW_MOD, self.match + body + self.actions)


@dataclass(frozen=True, slots=True)
class PacketOut:
    """OpenFlow 1.0 5.3.6."""

    actions: bytes
    data: bytes
    in_port: int = m.NONE
    buffer_id: int = NO_BUFFER
    xid: int = 1
    wrong_length: int | None = None
    """What it says is the length of its actions, where that is not true."""

    @property
    def frame(self) -> bytes:
        """As bytes."""
        length = len(self.actions) if self.wrong_length is None else self.wrong_length
        body = pack("!IHH", self.buffer_id, self.in_port, length)
        return message(self.xid, PACKET_OUT, body + self.actions + self.data)


def stats(kind: int, body: bytes = b"", xid: int = 1, flags: int = 0) -> bytes:
    """A statistics request."""
    return message(xid, STATS_REQUEST, pack("!HH", kind, flags) + body)


def flow_question(
    kind: int, match: bytes = m.ANYTHING, table: int = 0xFF, out_port: int = m.NONE, xid: int = 1
) -> bytes:
    """A request for flow statistics, or for their sums."""
    return stats(kind, match + pack("!BxH", table, out_port), xid)


def port_mod(port: int, config: int, mask: int, address: bytes, xid: int = 1) -> bytes:
    """A change of what a port does."""
    return message(xid, PORT_MOD, pack("!H6sIII4x", port, address, config, mask, 0))


def set_config(fragments: int, miss_send_len: int, xid: int = 1) -> bytes:
    """How fragments are handled, and how much of a packet is wanted."""
    return message(xid, SET_CONFIG, pack("!HH", fragments, miss_send_len))


_changes: Final = st.sampled_from((ADD, MODIFY, MODIFY, MODIFY_STRICT))
_deletes: Final = st.sampled_from((DELETE, DELETE, DELETE_STRICT))


def _flow_mods(
    commands: SearchStrategy[int], matches: Frames, actions: Frames
) -> SearchStrategy[FlowMod]:
    return st.builds(
        FlowMod,
        matches,
        actions,
        commands,
        cookies,
        timeouts,
        timeouts,
        priorities,
        st.just(NO_BUFFER),
        out_ports,
        flags,
        xids,
    )


_from_ports: Final = st.sampled_from((m.NONE, m.NONE, m.CONTROLLER, *m.PORTS))
_add: Final = st.just(ADD)
_wide_flow: Final = _flow_mods(_add, m.wide, deeds.actions)
"""A flow that packets likely meet."""
_any_flow: Final = _flow_mods(_add, m.matches, deeds.actions)
_change: Final = _flow_mods(_changes, m.wide | m.matches, deeds.actions)
_delete: Final = _flow_mods(_deletes, m.wide | m.matches, st.just(b"") | deeds.outputs)
_packet_out: Final = st.builds(
    PacketOut, deeds.actions | st.just(deeds.TO_TABLE), packets, _from_ports, xid=xids
)

_questions: Final[Frames] = st.one_of(
    *[
        st.builds(flow_question, st.sampled_from((FLOW, FLOW, AGGREGATE)), m.wide, xid=xids),
        st.builds(
            flow_question,
            st.sampled_from((FLOW, AGGREGATE)),
            m.wide | m.matches | m.odd(),
            tables,
            out_ports,
            xids,
        ),
    ]
    * 3,
    st.builds(
        lambda kind, xid, flags: stats(kind, b"", xid, flags),
        st.sampled_from((DESC, TABLE, PORT_DESC)),
        xids,
        st.sampled_from((0, 0, 0, 1, 0xFFFF)),
    ),
    st.builds(
        lambda port, xid: stats(PORT, pack("!H6x", port), xid),
        ports | st.just(m.NONE) | odd_ports,
        xids,
    ),
    st.builds(
        lambda port, queue, xid: stats(QUEUE, pack("!H2xI", port, queue), xid),
        ports | st.sampled_from((m.ALL, m.NONE)),
        st.sampled_from((ALL_QUEUES, 0)),
        xids,
    ),
    st.builds(
        lambda vendor, xid: stats(VENDOR_STATS, pack("!II", vendor, 0), xid),
        st.sampled_from((deeds.NICIRA, 0x1234)),
        xids,
    ),
    st.builds(
        message,
        xids,
        st.sampled_from((FEATURES_REQUEST, FEATURES_REQUEST, GET_CONFIG_REQUEST, BARRIER_REQUEST)),
    ),
    st.builds(message, xids, st.just(ECHO_REQUEST), st.binary(max_size=8)),
    st.builds(
        lambda port, xid: message(xid, QUEUE_GET_CONFIG_REQUEST, pack("!H2x", port)),
        ports | odd_ports | st.just(m.NONE),
        xids,
    ),
)
_settings: Final = st.builds(
    set_config, st.sampled_from((0, 0, 0, 0, 1, 2, 3, 8)), st.sampled_from((1, 40, 0xFFFF)), xids
)
_HELD_BY_PORTS: Final = NO_STP | NO_RECV | NO_RECV_STP | NO_FLOOD | NO_FWD | NO_PACKET_IN


@st.composite
def _port_mods(draw: st.DrawFn) -> bytes:
    """Taking a port down takes the link down, which takes its time: not here."""
    port = draw(ports | odd_ports)
    config = draw(
        st.sampled_from((0, _HELD_BY_PORTS, NO_RECV, NO_RECV_STP, NO_FLOOD, NO_FWD, NO_PACKET_IN))
    )
    mask = draw(st.sampled_from((_HELD_BY_PORTS, _HELD_BY_PORTS, config, NO_FLOOD, 0)))
    address = draw(st.sampled_from((address_of(port), address_of(port), bytes(6))))
    return port_mod(port, config, mask, address, draw(xids))


_vendor_messages: Final = st.builds(
    lambda vendor, kind, xid: message(xid, VENDOR, pack("!II", vendor, kind)),
    st.sampled_from((deeds.NICIRA, 0x1234)),
    st.integers(0, 25),
    xids,
)
_other: Final[Frames] = st.one_of(
    _port_mods(),
    _port_mods(),
    _vendor_messages,
    st.builds(
        message,
        xids,
        st.sampled_from((HELLO, ECHO_REPLY, BARRIER_REPLY)),
    ),
    st.builds(lambda xid: message(xid, PACKET_IN, pack("!IHHBx", NO_BUFFER, 0, 1, 0)), xids),
    st.builds(lambda xid: message(xid, ERROR, pack("!HH", 1, 1)), xids),
    st.builds(lambda xid: message(xid, FEATURES_REPLY, bytes(24)), xids),
    st.builds(lambda xid: message(xid, GET_CONFIG_REPLY, bytes(4)), xids),
)


def _framed(made: FlowMod | PacketOut) -> bytes:
    return made.frame


_frames: Final = weighted(
    (9, _any_flow.map(_framed)),
    (3, _wide_flow.map(_framed)),
    (3, _change.map(_framed)),
    (2, _delete.map(_framed)),
    (4, _packet_out.map(_framed)),
    (6, _questions),
    (1, _settings),
    (1, _other),
)

_FLOW_FAULTS: Final[tuple[dict[str, SearchStrategy[Any]], ...]] = (
    {"command": st.sampled_from((5, 255, 0x100))},
    {"buffer_id": odd_buffers},
    {"flags": st.sampled_from((8, 0x10, 0x8000))},
    {"flags": st.sampled_from((EMERGENCY, 7)), "hard": timeouts},
    {"out_port": st.sampled_from((0xFF00, 0xFFF7))},
    *[{"match": m.odd()}] * 3,
    *[{"actions": deeds.bad_actions}] * 4,
)
_PACKET_FAULTS: Final[tuple[dict[str, SearchStrategy[Any]], ...]] = (
    {"buffer_id": odd_buffers},
    {"in_port": odd_ports},
    {"actions": deeds.bad_actions},
    {"actions": deeds.bad_actions},
    {"wrong_length": st.sampled_from((0, 4, 16, 0x7FF8, 0xFFFF))},
    {"data": st.sampled_from((b"", b"\0" * 13, b"\xff" * 14))},
)
"""One fault each: what is changed in a sound message."""


@st.composite
def _faulty(draw: st.DrawFn) -> Faulty:
    """A message with one fault or more, and how many. Of actions that end elsewhere than where it
    is said, any may be wrong."""
    made: Any = draw(st.one_of(_any_flow, _change, _packet_out))
    count = draw(st.sampled_from((1, 1, 1, 1, 2)))
    for _ in range(count):
        faults = _FLOW_FAULTS if isinstance(made, FlowMod) else _PACKET_FAULTS
        fault = draw(st.sampled_from(faults))
        made = replace(made, **{name: draw(values) for name, values in fault.items()})
        count += "wrong_length" in fault
    frame: bytes = made.frame
    return frame, count


_sound: Final = st.one_of(
    _any_flow.map(_framed), _change.map(_framed), _packet_out.map(_framed), _questions, _settings
)
_said: Final = {
    by is EITHER: generating.said(
        _frames, _faulty(), generating.malformed(_sound, FIRST_UNKNOWN), by
    )
    for by in (ONE, EITHER)
}
LOOK_BACK: Final = (Say(flow_question(FLOW, xid=3)), Say(flow_question(AGGREGATE, xid=3)))
"""Said last: it shows what the conversation has left behind, and what was counted."""
conversations: Final = generating.conversations(_wide_flow.map(_framed), _said, LOOK_BACK)
