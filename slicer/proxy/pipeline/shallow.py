"""Shallow: translating the hot messages of OpenFlow 1.3 by their bytes.

A packet-in's match, a flow-mod's instructions and a packet-out's actions repeat, so what the deep
way makes of each is kept and looked up by its bytes; the rest of a message passes as it is. A
flow-mod's match is not judged here beyond its field classes: the switch judges it, and its error
goes to the tenant. What has no shallow way (None) goes the deep way.

What is kept is a function of the bytes and the tag alone and never becomes wrong; at most KEPT
translations of a kind are kept, and all of them are dropped when one more comes. Invariant: where
there is a shallow way, the deep way gives the same frame, or one that the switch refuses alike.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from slicer.openflow import constants as of
from slicer.openflow.actions import Group, Output
from slicer.openflow.instructions import (
    ApplyActions,
    Instruction,
    MeterInstruction,
    WriteActions,
)
from slicer.openflow.messages import FlowMod, PacketIn, PacketOut
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v13 import V13, shallow
from slicer.proxy.pipeline import layout, restore, translate
from slicer.proxy.pipeline.terms import Terms

KEPT = 8192
_DELETES = (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)


class Plain(NamedTuple):
    """A packet-out's actions, translated; `outputs` are the tenant's where they are nothing but
    outputs, otherwise None."""

    actions: bytes
    outputs: tuple[int, ...] | None


class ShallowPacketOut(NamedTuple):
    """A tenant's packet-out: what there is to judge, and the datapath's frame for it."""

    in_port: int
    outputs: tuple[int, ...] | None
    data: bytes
    frame: bytes


class TaggedPacketIn(NamedTuple):
    """A packet-in that bears a tag; `frame` is the tenant's."""

    tag: int
    in_port: int
    reason: int
    frame: bytes
    is_table_miss: bool


class Translations:
    """What one datapath's translations have been found to be."""

    def __init__(self) -> None:
        self._packet_ins: dict[bytes, tuple[int, int, bytes] | None] = {}
        self._instructions: dict[tuple[int, bool, bool, bytes], bytes] = {}
        self._actions: dict[tuple[int, bytes], Plain] = {}

    def packet_in(self, frame: bytes) -> TaggedPacketIn | None:
        """A datapath's packet-in, or None where it bears no tag. Raises MalformedError."""
        split = shallow.split_packet_in(frame)
        if split.key not in self._packet_ins:
            message = V13.decode(frame)
            assert isinstance(message, PacketIn)
            tag = restore.tag_of(message.match)
            translated = shallow.split_packet_in(V13.encode(restore.packet_in(message)))
            port = message.match.get("in_port")
            number = port if isinstance(port, int) else of.OFPP_ANY
            made = None if tag is None else (tag, number, translated.key)
            keep(self._packet_ins, split.key, made)
        known = self._packet_ins[split.key]
        if known is None:
            return None
        tag, number, key = known
        table = split.key[0]
        is_tenants = table not in (layout.ADMIT_TABLE, layout.EMIT_TABLE)
        restored = shallow.join_packet_in(frame, key, split.rest, keeps_cookie=is_tenants)
        return TaggedPacketIn(tag, number, split.reason, restored, table == layout.EMIT_TABLE)

    def flow_mod(self, terms: Terms, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's flow-mod, under the tenant's xid, or None."""
        split = shallow.split_flow_mod(frame)
        if split is None or split.command > of.OFPFC_DELETE_STRICT:
            return None
        deletes = split.command in _DELETES
        if split.table_id < layout.TENANT_TABLES:
            table = split.table_id + layout.FIRST_TENANT_TABLE
        elif deletes and split.table_id == of.OFPTT_ALL:
            table = split.table_id
        else:
            return None
        if split.has_output_filter:
            return None
        if split.command == of.OFPFC_MODIFY and not split.oxms:
            return None
        instructions = self._translated(terms, frame, split)
        if instructions is None:
            return None
        oxms = tag_match(terms.tag) + split.oxms
        return shallow.join_flow_mod(frame, table, oxms, instructions)

    def _translated(self, terms: Terms, frame: bytes, split: shallow.FlowMod) -> bytes | None:
        key = (terms.tag, split.is_table_miss, split.command in _DELETES, split.instructions)
        known = self._instructions.get(key)
        if known is not None:
            return known
        message = V13.decode(frame)
        assert isinstance(message, FlowMod)
        if names_by_id(message):
            return None
        instructions = translated_instructions(terms, message)
        keep(self._instructions, key, instructions)
        return instructions

    def packet_out(self, terms: Terms, frame: bytes) -> ShallowPacketOut | None:
        """A tenant's packet-out, or None. Raises MalformedError or Refusal."""
        split = shallow.split_packet_out(frame)
        if split is None:
            return None
        key = (terms.tag, split.actions)
        known = self._actions.get(key)
        if known is None:
            message = V13.decode(frame)
            assert isinstance(message, PacketOut)
            known = translated_actions(terms, message)
            if not any(isinstance(action, Group) for action in message.actions):
                keep(self._actions, key, known)
        joined = shallow.join_packet_out(frame, known.actions, split.data)
        return ShallowPacketOut(split.in_port, known.outputs, split.data, joined)


@lru_cache(maxsize=KEPT)
def tag_match(tag: int) -> bytes:
    """The match of a tag, as on the wire."""
    header, payload = oxm(layout.TAG, tag)
    return header.to_bytes(4, "big") + payload


def names_by_id(message: FlowMod) -> bool:
    """Does a flow name a group or a meter? Which one an id stands for may change."""
    return any(map(_names_by_id, message.instructions))


def _names_by_id(instruction: Instruction) -> bool:
    return isinstance(instruction, MeterInstruction) or (
        isinstance(instruction, ApplyActions | WriteActions)
        and any(isinstance(action, Group) for action in instruction.actions)
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
    return Plain(split.actions, plain_outputs(message))


def plain_outputs(message: PacketOut) -> tuple[int, ...] | None:
    """The output ports of a packet-out that does nothing but output, otherwise None."""
    ports = tuple(each.port for each in message.actions if isinstance(each, Output))
    return ports if len(ports) == len(message.actions) else None


def keep(kept: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
    """Remember a translation; where KEPT are remembered already, they are forgotten."""
    if len(kept) >= KEPT:
        kept.clear()
    kept[key] = value
