"""Shallow: translating the hot messages of OpenFlow 1.3 by their bytes.

A packet-in's match, a flow-mod's instructions and a packet-out's actions repeat, so what the deep
way makes of each is kept and looked up by its bytes; the rest of a message passes as it is. A
flow-mod's match is not judged here beyond its field classes: the switch judges it, and its error
goes to the tenant. What has no shallow way (None) goes the deep way.

What is kept is a function of the bytes and the tag alone and never becomes wrong. Whole flow-mods
are kept in `again.py`; of the rest at most KEPT translations of a kind are kept, and those of the
tag that has most of them are dropped when one more comes. Invariant: where there is a shallow way,
the deep way gives the same frame, or one that the switch refuses alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, Protocol

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Group, Output
from slicer.openflow.framing import LONGEST_FRAME
from slicer.openflow.header import HEADER, with_xid, xid_of
from slicer.openflow.instructions import (
    ApplyActions,
    Instruction,
    MeterInstruction,
    WriteActions,
)
from slicer.openflow.messages import FlowMod, PacketIn, PacketOut
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v13 import V13, shallow
from slicer.proxy.known import Known
from slicer.proxy.memory import Account
from slicer.proxy.pipeline import layout, restore, translate
from slicer.proxy.pipeline.again import Again
from slicer.proxy.pipeline.kept import Kept
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.swift import Translate

KEPT = 8192
PACK_PACKET_OUT = HEADER.pack
_DELETES = (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)


class Plain(NamedTuple):
    """A packet-out's actions, translated; `outputs` are the tenant's where they are nothing but
    outputs, otherwise None."""

    actions: bytes
    outputs: tuple[int, ...] | None


ShallowPacketOut = tuple[int, tuple[int, ...] | None, bytes, bytes]
"""A tenant's packet-out: what there is to judge, in_port, outputs as in `Plain`, and the packet;
and the datapath's frame for it."""


TranslatePacketOut = Callable[[bytes, int], ShallowPacketOut | None]
"""Likewise, of a frame under a given xid. Raises MalformedError, Refusal or EncodeError."""


PacketOutHead = tuple[int, tuple[int, ...] | None, bytes]
"""What packet-outs that begin alike become: in_port, outputs, and all between xid and packet."""


TaggedPacketIn = tuple[int, int, int, bytes, bool]
"""A packet-in that bears a tag: the tag, its in_port and reason, the tenant's frame, and whether it
is about a packet that no flow has matched."""


class _Restored(NamedTuple):
    """What becomes of packet-ins with one table id and match."""

    tag: int
    in_port: int
    table: bytes
    match: bytes
    keeps_cookie: bool
    is_table_miss: bool


class Translations:
    """What one datapath's translations have been found to be."""

    def __init__(self, memory: Account | None = None) -> None:
        """`memory` is the datapath's, for whole flow-mods."""
        self._packet_ins: Known[bytes, _Restored | None] = Known()
        account = Account() if memory is None else memory
        self._again = Again(account, shallow.flow_mod_key, shallow.like_flow_mod)
        self._instructions: Known[tuple[int, bool, bool, bytes], bytes] = Known()
        self._actions: Kept[Plain] = Kept()
        self._heads: Kept[PacketOutHead] = Kept()

    def packet_in(self, frame: bytes) -> TaggedPacketIn | None:
        """A datapath's packet-in, or None where it bears no tag. Raises MalformedError."""
        reason, key, rest = shallow.split_packet_in(frame)
        if key not in self._packet_ins:
            made = _restored(frame, table=key[0])
            self._packet_ins.keep(made and made.tag, key, made, KEPT)
        known = self._packet_ins[key]
        if known is None:
            return None
        tag, in_port, table, match, keeps_cookie, is_table_miss = known
        restored = shallow.join_packet_in(frame, table, match, rest, keeps_cookie=keeps_cookie)
        return tag, in_port, reason, restored, is_table_miss

    def kept_flow_mod(self, tag: int, frame: bytes) -> bytes | None:
        """What `flow_mod` would say, if it has said it twice of flow-mods like this one."""
        return self._again.known(tag, frame)

    def flow_mods(self, tag: int, terms: Callable[[], Terms]) -> Translate:
        """How to translate a tenant's flow-mods; `terms` are asked for where they are needed."""
        return self._again.translator(self, tag, terms)

    def flow_mod(self, terms: Terms, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's flow-mod, under the tenant's xid, or None."""
        cut = shallow.cut_flow_mod(frame)
        if cut is None or frame[36:44] != shallow.NO_OUT_FILTER:
            return None
        oxms, instructions = cut
        table, command, tag = frame[24], frame[25], terms.tag
        if command > of.OFPFC_DELETE_STRICT or (command == of.OFPFC_MODIFY and not oxms):
            return None
        if table < layout.TENANT_TABLES:
            table += layout.FIRST_TENANT_TABLE
        elif table != of.OFPTT_ALL or command not in _DELETES:
            return None
        is_table_miss = not oxms and frame[30:32] == b"\0\0"
        known = self._instructions.get((tag, is_table_miss, command in _DELETES, instructions))
        if known is None:
            known = self._translated(terms, frame)
        if known is None:
            return None
        translated = shallow.join_flow_mod(frame, table, tag_match(tag) + oxms, known)
        if oxms:
            # Without a match the priority says whether it is a table-miss flow.
            self._again.translated(tag, frame, translated)
        return translated

    def _translated(self, terms: Terms, frame: bytes) -> bytes | None:
        split = shallow.split_flow_mod(frame)
        message = V13.decode(frame)
        assert split is not None
        assert isinstance(message, FlowMod)
        if may_change(message):
            return None
        instructions = translated_instructions(terms, message)
        deletes = split.command in _DELETES
        key = (terms.tag, split.is_table_miss, deletes, split.instructions)
        self._instructions.keep(terms.tag, key, instructions, KEPT)
        return instructions

    def packet_outs(self, tag: int, terms: Callable[[], Terms]) -> TranslatePacketOut:
        """How to translate a tenant's packet-outs."""
        return packet_outs(self, self._heads, shallow.PACKET_OUT_LAYOUT, tag, terms)

    def kept_packet_out(self, tag: int, frame: bytes) -> ShallowPacketOut | None:
        """What `packet_out` would say, if it has translated the same actions before."""
        split = shallow.split_packet_out(frame)
        known = self._actions.of(tag).get(split[2]) if split else None
        return None if split is None or known is None else join_packet_out(frame, split, known)

    def packet_out(self, terms: Terms, frame: bytes) -> ShallowPacketOut | None:
        """A tenant's packet-out, under its xid, or None. Raises MalformedError or Refusal."""
        split = shallow.split_packet_out(frame)
        if split is None:
            return None
        message = V13.decode(frame)
        assert isinstance(message, PacketOut)
        known = translated_actions(terms, message)
        if not any(map(is_changing, message.actions)):
            self._actions.keep(terms.tag, split[2], known, KEPT)
        return join_packet_out(frame, split, known)


class _PacketOuts(Protocol):
    def kept_packet_out(self, tag: int, frame: bytes) -> ShallowPacketOut | None: ...

    def packet_out(self, terms: Terms, frame: bytes) -> ShallowPacketOut | None: ...


def packet_outs(
    by: _PacketOuts,
    heads: Kept[PacketOutHead],
    layout: tuple[int, int],
    tag: int,
    terms: Callable[[], Terms],
) -> TranslatePacketOut:
    """How to translate a tenant's packet-outs, one version's: `layout` says where the length of the
    actions is, and where they start. One that comes for the third time, the same up to its packet
    but for its xid, is looked up by that."""
    known_heads = heads.of(tag)
    length_at, actions_at = layout

    def translate(frame: bytes, xid: int) -> ShallowPacketOut | None:
        if len(frame) < actions_at:
            return None
        end = actions_at + (frame[length_at] << 8 | frame[length_at + 1])
        head = known_heads.get(frame[8:end])
        data = frame[end:]
        if head is not None:
            in_port, outputs, rest = head
            size = len(rest) + len(data) + 8
            if size <= LONGEST_FRAME:
                return in_port, outputs, data, PACK_PACKET_OUT(4, 13, size, xid) + rest + data
        known = by.kept_packet_out(tag, frame)
        made = known or by.packet_out(terms(), frame)
        if made is None:
            return None
        in_port, outputs, data, translated = made
        if known is not None:
            rest = translated[8 : len(translated) - len(data)]
            heads.keep(tag, frame[8:end], (in_port, outputs, rest), KEPT)
        return in_port, outputs, data, with_xid(translated, xid)

    return translate


def join_packet_out(
    frame: bytes, split: tuple[int, int, bytes, bytes], known: Plain
) -> ShallowPacketOut:
    """A packet-out with translated actions, under its own xid."""
    buffer_id, in_port, _, data = split
    made = shallow.write_packet_out(xid_of(frame), buffer_id, in_port, known.actions, data)
    return in_port, known.outputs, data, made


def _restored(frame: bytes, table: int) -> _Restored | None:
    """What becomes of packet-ins like this one, or None where it bears no tag."""
    message = V13.decode(frame)
    assert isinstance(message, PacketIn)
    tag = restore.tag_of(message.match)
    if tag is None:
        return None
    port = message.match.get("in_port")
    _, key, _ = shallow.split_packet_in(V13.encode(restore.packet_in(message)))
    return _Restored(
        tag,
        port if isinstance(port, int) else of.OFPP_ANY,
        key[:1],
        key[1:],
        keeps_cookie=table not in (layout.ADMIT_TABLE, layout.EMIT_TABLE),
        is_table_miss=table == layout.EMIT_TABLE,
    )


@lru_cache(maxsize=KEPT)
def tag_match(tag: int) -> bytes:
    """The match of a tag, as on the wire."""
    header, payload = oxm(layout.TAG, tag)
    return header.to_bytes(4, "big") + payload


def may_change(message: FlowMod) -> bool:
    """Is a flow's translation not the same for ever? Which group or meter an id stands for may
    change, and who may ask for NORMAL."""
    return any(map(_may_change, message.instructions))


def _may_change(instruction: Instruction) -> bool:
    return isinstance(instruction, MeterInstruction) or (
        isinstance(instruction, ApplyActions | WriteActions)
        and any(map(is_changing, instruction.actions))
    )


def is_changing(action: Action) -> bool:
    """Likewise, for one action."""
    return isinstance(action, Group) or (
        isinstance(action, Output) and action.port == of.OFPP_NORMAL
    )


def translated_instructions(terms: Terms, message: FlowMod) -> bytes:
    """A tenant's instructions, translated the deep way. Raises Refusal."""
    translated = replace(translate.flow_mod(terms, message), match=Match(), upsert=False)
    split = shallow.split_flow_mod(V13.encode(translated))
    assert split is not None
    return split.instructions


def translated_actions(terms: Terms, message: PacketOut) -> Plain:
    """A packet-out's actions, translated the deep way. Raises Refusal."""
    split = shallow.split_packet_out(V13.encode(translate.packet_out(terms, message)))
    assert split is not None
    return Plain(split[2], plain_outputs(message))


def plain_outputs(message: PacketOut) -> tuple[int, ...] | None:
    """The output ports of a packet-out that does nothing but output, otherwise None."""
    ports = tuple(each.port for each in message.actions if isinstance(each, Output))
    return ports if len(ports) == len(message.actions) else None


def keep(
    kept: dict,  # type: ignore[type-arg]
    key: object,
    value: object,
    most: int | None = None,
) -> None:
    """Remember a translation; where `most` are remembered already, usually KEPT, they are
    forgotten."""
    if len(kept) >= (KEPT if most is None else most):
        kept.clear()
    kept[key] = value
