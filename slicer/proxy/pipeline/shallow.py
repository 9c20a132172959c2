"""Shallow: translating the hot messages of OpenFlow 1.3 by their bytes.

A packet-in's match, a flow-mod's instructions and a packet-out's actions repeat, so what the deep
way makes of each is kept and looked up by its bytes (packet-outs': `shallow_packet_outs.py`); the
rest of a message passes as it is. A flow-mod's match is not judged here beyond its field classes:
the switch judges it, and its error goes to the tenant. What has no shallow way (None) goes the deep
way.

What is kept is a function of the bytes and the tag alone and never becomes wrong. Whole flow-mods
are kept in `again.py`; of the rest at most KEPT translations of a kind are kept, none of a tenant's
for what is longer than LONGEST, and those of the tag that has most of them are dropped when one
more comes. Invariant: where there is a shallow way, the deep way gives the same frame, or one that
the switch refuses alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from slicer.openflow import constants as of
from slicer.openflow.instructions import (
    ApplyActions,
    Instruction,
    MeterInstruction,
    WriteActions,
)
from slicer.openflow.messages import FlowMod, PacketIn
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v13 import V13, shallow
from slicer.proxy.known import Known
from slicer.proxy.memory import Account
from slicer.proxy.pipeline import layout, restore, translate
from slicer.proxy.pipeline.again import Again
from slicer.proxy.pipeline.kept import KEPT, LONGEST
from slicer.proxy.pipeline.shallow_packet_outs import ShallowPacketOuts
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.swift import Translate

_DELETES = (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)

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
        self.packet_outs = ShallowPacketOuts(
            V13.decode, shallow.split_packet_out, shallow.PACKET_OUT_LAYOUT
        )
        self._instructions: Known[tuple[int, bool, bool, bytes], bytes] = Known()

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
        if len(split.instructions) <= LONGEST:
            self._instructions.keep(terms.tag, key, instructions, KEPT)
        return instructions


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
        and any(map(translate.is_changing, instruction.actions))
    )


def translated_instructions(terms: Terms, message: FlowMod) -> bytes:
    """A tenant's instructions, translated the deep way. Raises Refusal."""
    translated = replace(translate.flow_mod(terms, message), match=Match(), upsert=False)
    split = shallow.split_flow_mod(V13.encode(translated))
    assert split is not None
    return split.instructions


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
