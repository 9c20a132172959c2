"""Actions: OpenFlow 1.0 5.2.4.

An action of 1.0 leaves a packet without the header in question as it is, or pushes a VLAN tag
it needs; one of 1.3 expects the match to have made sure of the header. So a rewrite becomes a
set-field where the match says what it needs, and an action of its own where it doesn't. An
enqueue is read as Open vSwitch writes it in 1.3: set-queue, output, and back to the default.

Invariant: encode_actions(decode_actions(b, p)) is b for any p, but for padding, which becomes
zeros.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Final

from slicer.openflow import actions as a
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.constants import OFPP_CONTROLLER, OFPP_IN_PORT, OFPP_LOCAL, OFPVID_PRESENT
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.oxm import header_of, name_of
from slicer.openflow.v10.match import NO_PROTOCOL, Protocol
from slicer.openflow.v10.ports import RESERVED, long_port, short_port
from slicer.openflow.v13.wire import TLV, bad_length, values_of, walk, whole_words

_OUTPUT: Final = 0
_SET_VLAN_VID: Final = 1
_SET_VLAN_PCP: Final = 2
_STRIP_VLAN: Final = 3
_SET_DL_SRC: Final = 4
_SET_DL_DST: Final = 5
_SET_NW_SRC: Final = 6
_SET_NW_DST: Final = 7
_SET_NW_TOS: Final = 8
_SET_TP_SRC: Final = 9
_SET_TP_DST: Final = 10
_ENQUEUE: Final = 11
_VENDOR: Final = 0xFFFF

_OUTPUT_BODY: Final = Struct("!HH")
_DL_BODY: Final = Struct("!6s6x")
_ENQUEUE_BODY: Final = Struct("!H6xI")
_OUTPUT_ACTION: Final = Struct("!HHHH")
_ENQUEUE_ACTION: Final = Struct("!HHH6xI")
_VENDOR_ID: Final = Struct("!I")
_SHORT_VALUE: Final = Struct("!H2x")
_BYTE_VALUE: Final = Struct("!B3x")
_LONG_VALUE: Final = Struct("!I")

_FIXED: Final[dict[int, tuple[type[Action], Struct, int]]] = {
    _SET_VLAN_VID: (a.SetVlanVid, _SHORT_VALUE, 0x0FFF),
    _SET_VLAN_PCP: (a.SetVlanPcp, _BYTE_VALUE, 0x07),
    _STRIP_VLAN: (a.StripVlan, Struct("!4x"), 0),
    _SET_NW_SRC: (a.SetNwSrc, _LONG_VALUE, 0xFFFFFFFF),
    _SET_NW_DST: (a.SetNwDst, _LONG_VALUE, 0xFFFFFFFF),
    _SET_NW_TOS: (a.SetNwTos, _BYTE_VALUE, 0xFC),
    _SET_TP_SRC: (a.SetTpSrc, _SHORT_VALUE, 0xFFFF),
    _SET_TP_DST: (a.SetTpDst, _SHORT_VALUE, 0xFFFF),
}
"""Type -> class, the layout of what follows type and length, the bits that a value may have."""

_VLAN_KINDS: Final = frozenset({_SET_VLAN_VID, _SET_VLAN_PCP})
_DL_HEADERS: Final = {_SET_DL_SRC: header_of("eth_src"), _SET_DL_DST: header_of("eth_dst")}
_DSCP: Final = header_of("ip_dscp")
_IPV4: Final = {_SET_NW_SRC: header_of("ipv4_src"), _SET_NW_DST: header_of("ipv4_dst")}
_PORTS: Final = {
    proto: {_SET_TP_SRC: header_of(f"{name}_src"), _SET_TP_DST: header_of(f"{name}_dst")}
    for proto, name in ((6, "tcp"), (17, "udp"), (132, "sctp"))
}
_NETWORKS: Final[dict[int | None, dict[int, int]]] = {
    0x0800: {_SET_NW_TOS: _DSCP, **_IPV4},
    0x86DD: {_SET_NW_TOS: _DSCP},
}
_TRANSPORTS: Final[dict[Protocol, dict[int, int]]] = {
    (eth_type, proto): {**network, **ports}
    for eth_type, network in _NETWORKS.items()
    for proto, ports in _PORTS.items()
}
"""What a match says -> type of a rewrite -> OXM header of the field that it sets."""


def decode_actions(
    frame: bytes, offset: int, end: int, protocol: Protocol = NO_PROTOCOL
) -> tuple[Action, ...]:
    """The actions in frame[offset:end] of a flow whose match says `protocol`.

    Raises MalformedError (BAD_ACTION).
    """
    found: list[Action] = []
    for kind, start, stop in walk(frame, offset, end, "action", errors.BAD_ACTION_BAD_LEN):
        decoder = _DECODERS.get(kind)
        if decoder is None:
            raise MalformedError(errors.BAD_ACTION_BAD_TYPE, f"action type {kind} is unknown")
        found += decoder(kind, frame, start, stop, protocol)
    return tuple(found)


def _unpack(body: Struct, what: str, frame: bytes, start: int, stop: int) -> tuple[Any, ...]:
    if stop - start != TLV.size + body.size:
        expected = str(TLV.size + body.size)
        raise bad_length(f"action {what}", stop - start, expected, errors.BAD_ACTION_BAD_LEN)
    return body.unpack_from(frame, start + TLV.size)


def _decode_output(
    kind: int, frame: bytes, start: int, stop: int, protocol: Protocol
) -> tuple[Action, ...]:
    port, max_len = _unpack(_OUTPUT_BODY, "Output", frame, start, stop)
    return (a.Output(long_port(port), max_len),)


def _decode_fixed(
    kind: int, frame: bytes, start: int, stop: int, protocol: Protocol
) -> tuple[Action, ...]:
    cls, body, bits = _FIXED[kind]
    values = _unpack(body, cls.__name__, frame, start, stop)
    if values and values[0] & ~bits:
        raise MalformedError(
            errors.BAD_ACTION_BAD_ARGUMENT,
            f"action {cls.__name__} has value {values[0]:#x}, expected none but bits {bits:#x}",
        )
    known = _TRANSPORTS.get(protocol) or _NETWORKS.get(protocol[0])
    header = known.get(kind) if known else None
    if header is None:
        return (cls(*values),)
    value = values[0] >> 2 if header == _DSCP else values[0]
    return (a.SetField((header, value.to_bytes(header & 0xFF, "big"))),)


def _decode_dl(
    kind: int, frame: bytes, start: int, stop: int, protocol: Protocol
) -> tuple[Action, ...]:
    (address,) = _unpack(_DL_BODY, "SetField", frame, start, stop)
    return (a.SetField((_DL_HEADERS[kind], address)),)


def _decode_enqueue(
    kind: int, frame: bytes, start: int, stop: int, protocol: Protocol
) -> tuple[Action, ...]:
    short, queue_id = _unpack(_ENQUEUE_BODY, "Enqueue", frame, start, stop)
    port = long_port(short)
    if not _has_queues(port):
        raise MalformedError(
            errors.BAD_ACTION_BAD_OUT_PORT,
            f"action Enqueue to port {short:#x}, expected one below {RESERVED:#x}, "
            "the input port or the local port",
        )
    return a.SetQueue(queue_id), a.Output(port), a.PopQueue()


def _decode_vendor(
    kind: int, frame: bytes, start: int, stop: int, protocol: Protocol
) -> tuple[Action, ...]:
    # A walk's actions are multiples of 8 bytes: the vendor's id is there.
    vendor = _VENDOR_ID.unpack_from(frame, start + TLV.size)[0]
    return (a.ExperimenterAction(vendor, frame[start + 8 : stop]),)


_DECODERS: Final[dict[int, Callable[[int, bytes, int, int, Protocol], tuple[Action, ...]]]] = {
    _OUTPUT: _decode_output,
    **dict.fromkeys(_FIXED, _decode_fixed),
    **dict.fromkeys(_DL_HEADERS, _decode_dl),
    _ENQUEUE: _decode_enqueue,
    _VENDOR: _decode_vendor,
}
"""Type -> reader of frame[start:stop] in a flow whose match says the protocol."""


def _has_queues(port: int) -> bool:
    return port < RESERVED or port in (OFPP_IN_PORT, OFPP_LOCAL)


def encode_actions(actions: Iterable[Action], is_tagged: bool = False) -> bytes:
    """The actions one after the other, for packets that all have a VLAN tag or may have none.

    Raises EncodeError, struct.error.
    """
    parts: list[bytes] = []
    queue_id: int | None = None
    for action in actions:
        kind = type(action)
        if isinstance(action, a.SetQueue):
            queue_id = action.queue_id
        elif isinstance(action, a.PopQueue):
            queue_id = None
        elif isinstance(action, a.Output):
            parts.append(_encode_output(action, queue_id))
        elif isinstance(action, a.SetField):
            parts.append(_encode_set_field(action, is_tagged))
        else:
            parts.append(_encoder_of(action)(action))
            is_tagged = _TAGGED_AFTER.get(kind, is_tagged)
    return b"".join(parts)


def _encode_output(action: a.Output, queue_id: int | None) -> bytes:
    port = short_port(action.port)
    if queue_id is None or action.port == OFPP_CONTROLLER:
        return _OUTPUT_ACTION.pack(_OUTPUT, _OUTPUT_ACTION.size, port, action.max_len)
    if not _has_queues(action.port):
        raise EncodeError(f"output to port {action.port:#x} by queue {queue_id}: it has no queues")
    return _ENQUEUE_ACTION.pack(_ENQUEUE, _ENQUEUE_ACTION.size, port, queue_id)


_FIELD_KINDS: Final = {
    **{header: kind for kind, header in _DL_HEADERS.items()},
    **{
        header: kind
        for rewrites in (*_NETWORKS.values(), *_PORTS.values())
        for kind, header in rewrites.items()
    },
    header_of("vlan_vid"): _SET_VLAN_VID,
    header_of("vlan_pcp"): _SET_VLAN_PCP,
}
"""OXM header of a field -> type of the action that sets it."""


def _encode_set_field(action: a.SetField, is_tagged: bool) -> bytes:
    header, payload = action.oxm
    kind = _FIELD_KINDS.get(header)
    if kind is None or len(payload) != header & 0xFF:
        raise EncodeError(f"set-field of {name_of(header)} can't be said in OpenFlow 1.0")
    if kind in _DL_HEADERS:
        return TLV.pack(kind, TLV.size + _DL_BODY.size) + _DL_BODY.pack(payload)
    value = int.from_bytes(payload, "big")
    if kind in _VLAN_KINDS and not is_tagged:
        raise EncodeError(f"set-field of {name_of(header)} on packets without a VLAN tag")
    if kind == _SET_VLAN_VID:
        value ^= OFPVID_PRESENT
    return _encode_fixed(kind, value << 2 if header == _DSCP else value)


def _encode_fixed(kind: int, *values: int) -> bytes:
    cls, body, bits = _FIXED[kind]
    for value in values:
        if value & ~bits:
            raise EncodeError(f"action {cls.__name__} has value {value:#x}, expected {bits:#x}")
    return TLV.pack(kind, TLV.size + body.size) + body.pack(*values)


def _encoder_of(action: Action) -> Callable[[Any], bytes]:
    try:
        return _ENCODERS[type(action)]
    except KeyError:
        raise EncodeError(f"{action!r} is no action of OpenFlow 1.0") from None


def _fixed_encoder(kind: int, cls: type[Action]) -> Callable[[Any], bytes]:
    values = values_of(cls)
    return lambda action: _encode_fixed(kind, *values(action))


def _encode_vendor(action: a.ExperimenterAction) -> bytes:
    data = whole_words("action ExperimenterAction", action.data)
    return TLV.pack(_VENDOR, 8 + len(data)) + _VENDOR_ID.pack(action.experimenter) + data


_ENCODERS: Final[dict[type[Action], Callable[[Any], bytes]]] = {
    **{cls: _fixed_encoder(kind, cls) for kind, (cls, _, _) in _FIXED.items()},
    a.PopVlan: lambda action: _encode_fixed(_STRIP_VLAN),
    a.ExperimenterAction: _encode_vendor,
}
_TAGGED_AFTER: Final[dict[type[Action], bool]] = {
    a.SetVlanVid: True,
    a.SetVlanPcp: True,
    a.StripVlan: False,
    a.PopVlan: False,
}
"""What an action makes sure of: is there a VLAN tag after it, or may there be none?"""
