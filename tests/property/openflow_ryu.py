"""Ryu's OpenFlow 1.3 parser as an oracle for the wire: the same frame, the same values.

`parse` is Ryu's reading of a frame, `assert_alike` compares it with a message of ours, and
`for_ryu` takes out of a message what Ryu 4.34 can't read.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ryu.ofproto import ofproto_parser
from ryu.ofproto import ofproto_v1_3 as ofproto
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from slicer.openflow import actions as a
from slicer.openflow import instructions as i
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow import table_features as tf
from slicer.openflow.groups import ExperimenterBand
from slicer.openflow.oxm import Match, Oxm, read
from slicer.openflow.oxm_fields import BY_KEY

DATAPATH = ProtocolDesc(version=ofproto.OFP_VERSION)
RYU_FIELDS = frozenset(field.name for field in ofproto.oxm_types)
NXM_NAMES = ("in_port", "ipv4_src", "ipv4_dst", "tcp_src", "tcp_dst", "udp_src", "udp_dst")
RYU_NAMES = {f"nxm_{name}": f"{name}_nxm" for name in (*NXM_NAMES, "icmpv4_type", "icmpv4_code")}


def parse(frame: bytes) -> Any:
    """Ryu's reading of the frame."""
    version, message_type, length, xid = ofproto_parser.header(frame)
    return ofproto_parser.msg(DATAPATH, version, message_type, length, xid, frame)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with `change` applied to its parts, from the inside out."""
    if isinstance(value, tuple):
        return tuple(mapped(part, change) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: mapped(getattr(value, each.name), change) for each in fields(value)}
        value = type(value)(**parts)
    return change(value)


def _for_ryu(value: Any) -> Any:
    match value:
        case Match():
            return Match(tuple(tlv for tlv in value.oxms if _readable(tlv)))
        case a.SetField() if not _readable(value.oxm):
            return a.DecNwTtl()
        case a.Controller2():  # its properties' padding is not skipped
            return a.Controller(value.max_len, value.controller_id, value.reason)
        case a.Clone() | a.OutputTruncated():
            return a.DecNwTtl()
        case a.RegLoad() | a.RegMove() if not _known_headers(value):
            return a.DecNwTtl()
        case i.ExperimenterInstruction():
            return i.ClearActions()
        case ExperimenterBand():
            return ExperimenterBand(value.rate, value.burst_size, value.experimenter)
        case m.QueueProperty() if value.property not in (1, 2, 0xFFFF):
            return m.QueueProperty(1, 7)
        case tf.IdsProperty() | tf.RawProperty():  # experimenters' ids, odd properties
            return tf.NextTablesProperty(2, (value.type & 0xFF,))
        case m.Hello():  # only 1.3's hello has a bitmap, and its padding is not skipped
            versions = {version % 4 for version in value.versions if value.has_bitmap} - {0}
            return replace(value, versions=frozenset(versions | {4}))
        case m.PacketIn():  # data beyond the total length is left out
            return replace(value, total_len=0xFFFF)
        case mp.ExperimenterMultipartReply():  # its data is taken for another body
            return replace(value, data=b"")
    return value


def for_ryu(message: Any) -> Any:
    """The message with nothing in it that Ryu can't read."""
    return mapped(message, _for_ryu)


def _readable(tlv: Oxm) -> bool:
    field = BY_KEY.get(tlv[0] >> 9)
    return (
        field is not None
        and tlv[0] in (field.header, field.masked_header)
        and RYU_NAMES.get(field.name, field.name) in RYU_FIELDS
    )


def _known_headers(action: a.RegLoad | a.RegMove) -> bool:
    headers = (action.dst,) if isinstance(action, a.RegLoad) else (action.src, action.dst)
    return all(_readable((header, b"")) for header in headers)


MACS = frozenset({"eth_dst", "eth_src", "arp_sha", "arp_tha", "ipv6_nd_sll", "ipv6_nd_tll"})
IPS = {
    **dict.fromkeys(("ipv4_src", "ipv4_dst", "arp_spa", "arp_tpa"), ipaddress.IPv4Address),
    **dict.fromkeys(("ipv6_src", "ipv6_dst", "ipv6_nd_target"), ipaddress.IPv6Address),
}


def number(name: str, value: Any) -> int:
    """A value that Ryu gave a match field, as a number."""
    if name in MACS:
        return int(value.replace(":", ""), 16)
    address = IPS.get(name.removeprefix("nxm_").removesuffix("_nxm"))
    return int(address(value)) if address is not None else int(value)


def alike_match(ours: Match, theirs: Any) -> None:
    items = theirs.items()
    assert len(items) == len(ours.oxms)
    for tlv, (name, value) in zip(ours.oxms, items, strict=True):
        alike_tlv(tlv, name, value)


def alike_tlv(tlv: Oxm, name: str, value: Any) -> None:
    item = read(tlv)
    assert RYU_NAMES.get(item.name, item.name) == name
    if isinstance(value, tuple):
        assert [number(name, part) for part in value] == [item.value, item.mask]
    else:
        assert number(name, value) == item.value
        assert not tlv[0] & 0x100


RENAMED: dict[tuple[type, str], Callable[[Any], Any]] = {
    (m.Hello, "versions"): lambda r: frozenset(r.elements[0].versions),
    (i.WriteActions, "actions"): lambda r: r.actions if r.type == 3 else None,
    (i.ApplyActions, "actions"): lambda r: r.actions if r.type == 4 else None,
    (a.RegLoad, "dst"): lambda r: ofproto.oxm_from_user_header(r.dst),
    (a.RegLoad, "ofs"): lambda r: r.ofs_nbits >> 6,
    (a.RegLoad, "n_bits"): lambda r: (r.ofs_nbits & 0x3F) + 1,
    (a.RegMove, "src"): lambda r: ofproto.oxm_from_user_header(r.src_field),
    (a.RegMove, "dst"): lambda r: ofproto.oxm_from_user_header(r.dst_field),
    (a.Note, "note"): lambda r: bytes(r.note),
    (a.Resubmit, "in_port"): lambda r: r.in_port | (0xFFFF0000 if r.in_port >= 0xFF00 else 0),
    (a.Resubmit, "table"): lambda r: r.table_id,
}
"""Where Ryu keeps a value of ours under another name or in another form."""
NOT_IN_RYU = {
    (m.FeaturesReply, "reserved"),
    (m.Hello, "has_bitmap"),
    # What OpenFlow 1.0 alone says:
    *((m.FeaturesReply, name) for name in ("ports", "actions", "matches_arp_ip")),
    *((mp.TableStats, name) for name in ("name", "wildcards", "max_entries")),
    (m.FlowMod, "upsert"),
}
HEADERS = {(a.RegLoad, "dst"), (a.RegMove, "src"), (a.RegMove, "dst")}
"""OXM headers; Ryu keeps their class and number only."""


def assert_alike(ours: Any, theirs: Any) -> None:
    """Every value of ours is there in Ryu's message, and Ryu's lists are no longer."""
    if isinstance(ours, a.SetField):
        alike_tlv(ours.oxm, theirs.key, theirs.value)
        return
    body = _body(ours, theirs)
    for each in fields(ours):
        key = type(ours), each.name
        if key in NOT_IN_RYU or (key == (m.Hello, "versions") and not ours.has_bitmap):
            continue
        source = theirs if each.name in ("xid", "more") else body
        get = RENAMED.get(key)
        theirs_value = get(source) if get else _attribute(source, each.name)
        _alike(_without_length(key, getattr(ours, each.name)), theirs_value)


def _without_length(key: tuple[type, str], value: Any) -> Any:
    return value >> 9 if key in HEADERS else value


def _body(ours: Any, theirs: Any) -> Any:
    """What holds the values of a message: a multipart's body, or the message itself."""
    if not isinstance(ours, m.Message) or not hasattr(theirs, "body"):
        return theirs
    if isinstance(ours, mp.MeterFeaturesReply):
        return theirs.body[0]
    return theirs if hasattr(ours, "entries") else theirs.body


OTHER_NAMES = {
    "entries": "body",
    "packet_count": "packet_band_count",
    "byte_count": "byte_band_count",
    "code": "exp_type",
}


def _attribute(theirs: Any, name: str) -> Any:
    if name == "more":
        return bool(theirs.flags & 1)
    if name == "experimenter" and isinstance(theirs, ofproto_parser.MsgBase):
        return getattr(theirs, name, None)
    found = getattr(theirs, name, None)
    if found is None and name in OTHER_NAMES:
        found = getattr(theirs, OTHER_NAMES[name])
    return found


def _alike(ours: Any, theirs: Any) -> None:
    if isinstance(ours, Match):
        alike_match(ours, theirs)
    elif isinstance(ours, tuple):
        assert theirs is not None
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _alike(one, other)
    elif is_dataclass(ours):
        assert_alike(ours, theirs)
    elif isinstance(ours, str):
        assert ours.encode("utf-8", "surrogateescape") == theirs
    elif isinstance(theirs, str):
        assert ours.hex(":") == theirs
    elif isinstance(ours, bytes):
        assert ours == bytes(theirs or b"")
    elif ours is not None:
        assert ours == (theirs or 0)
    else:
        assert theirs is None
