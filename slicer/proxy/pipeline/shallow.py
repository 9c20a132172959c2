"""Shallow: translating the hot messages by their bytes.

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
from typing import NamedTuple

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, Group, Output
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


class Translations:
    """What one datapath's translations have been found to be."""

    def __init__(self) -> None:
        self._packet_ins: dict[bytes, tuple[int, int, bytes] | None] = {}
        self._instructions: dict[tuple[int, bool, bytes], bytes] = {}
        self._actions: dict[tuple[int, bytes], Plain] = {}
        self._tags: dict[int, bytes] = {}

    def packet_in(self, frame: bytes) -> tuple[int, int, int, bytes] | None:
        """(tag, in_port, reason, the tenant's frame) of a datapath's packet-in, or None where it
        bears no tag. Raises MalformedError."""
        split = shallow.split_packet_in(frame)
        if split.key not in self._packet_ins:
            message = V13.decode(frame)
            assert isinstance(message, PacketIn)
            tag = restore.tag_of(message.match)
            translated = shallow.split_packet_in(V13.encode(restore.packet_in(message)))
            port = message.match.get("in_port")
            number = port if isinstance(port, int) else of.OFPP_ANY
            made = None if tag is None else (tag, number, translated.key)
            _keep(self._packet_ins, split.key, made)
        known = self._packet_ins[split.key]
        if known is None:
            return None
        tag, number, key = known
        is_tenants = split.key[0] != layout.ADMIT_TABLE
        restored = shallow.join_packet_in(frame, key, split.rest, keeps_cookie=is_tenants)
        return tag, number, split.reason, restored

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
        oxms = self._tag(terms.tag) + split.oxms
        return shallow.join_flow_mod(frame, table, oxms, instructions)

    def _tag(self, tag: int) -> bytes:
        if tag not in self._tags:
            header, payload = oxm(layout.TAG, tag)
            self._tags[tag] = header.to_bytes(4, "big") + payload
        return self._tags[tag]

    def _translated(self, terms: Terms, frame: bytes, split: shallow.FlowMod) -> bytes | None:
        key = (terms.tag, split.is_table_miss, split.instructions)
        known = self._instructions.get(key)
        if known is not None:
            return known
        message = V13.decode(frame)
        assert isinstance(message, FlowMod)
        if any(map(_may_change, message.instructions)):
            return None
        translated = translate.flow_mod(terms, message)
        alone = V13.encode(replace(translated, match=Match()))
        split_again = shallow.split_flow_mod(alone)
        assert split_again is not None
        _keep(self._instructions, key, split_again.instructions)
        return split_again.instructions

    def packet_out(self, terms: Terms, frame: bytes) -> tuple[shallow.PacketOut, Plain] | None:
        """What a tenant's packet-out says, and its actions for the datapath; or None.

        Raises MalformedError or Refusal.
        """
        split = shallow.split_packet_out(frame)
        if split is None:
            return None
        key = (terms.tag, split.actions)
        known = self._actions.get(key)
        if known is None:
            message = V13.decode(frame)
            assert isinstance(message, PacketOut)
            translated = V13.encode(translate.packet_out(terms, message))
            split_again = shallow.split_packet_out(translated)
            assert split_again is not None
            known = Plain(split_again.actions, plain_outputs(message))
            if not any(map(_is_changing, message.actions)):
                _keep(self._actions, key, known)
        return split, known


def plain_outputs(message: PacketOut) -> tuple[int, ...] | None:
    """The output ports of a packet-out that does nothing but output, otherwise None."""
    ports = tuple(each.port for each in message.actions if isinstance(each, Output))
    return ports if len(ports) == len(message.actions) else None


def _may_change(instruction: Instruction) -> bool:
    """Is the translation not the same for ever? Which group or meter an id stands for may change,
    and who may ask for NORMAL."""
    return isinstance(instruction, MeterInstruction) or (
        isinstance(instruction, ApplyActions | WriteActions)
        and any(map(_is_changing, instruction.actions))
    )


def _is_changing(action: Action) -> bool:
    return isinstance(action, Group) or (
        isinstance(action, Output) and action.port == of.OFPP_NORMAL
    )


def _keep(kept: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
    if len(kept) >= KEPT:
        kept.clear()
    kept[key] = value
