"""Shallow: translating OpenFlow 1.0's flow-mod and packet-out by their bytes.

Like `shallow.py`, for tenants of that version: the actions are looked up by their bytes and the
match's protocol, the match is written as the datapath reads it, and the rest is a few numbers.
Invariant: where there is a shallow way, the deep way gives the same frame.
"""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow.header import xid_of
from slicer.openflow.messages import FlowMod, PacketOut
from slicer.openflow.v10 import V10, shallow
from slicer.openflow.v13 import shallow as v13
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.shallow import (
    Plain,
    ShallowPacketOut,
    is_changing,
    keep,
    may_change,
    tag_match,
    translated_actions,
    translated_instructions,
)
from slicer.proxy.pipeline.terms import Terms

_DELETES = (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
_MODIFIES = (of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT)
_Key = tuple[int, bool, tuple[int | None, int | None], bytes]


class TranslationsV10:
    """What one datapath's translations of OpenFlow 1.0 have been found to be."""

    def __init__(self) -> None:
        self._instructions: dict[_Key, bytes] = {}
        self._actions: dict[tuple[int, bytes], Plain] = {}

    def flow_mod(self, terms: Terms, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's flow-mod, under the tenant's xid, or None. Raises
        MalformedError or Refusal."""
        split = shallow.split_flow_mod(frame)
        if split is None:
            return None
        deletes = split.command in _DELETES
        if deletes and split.actions:
            return None
        loose = split.command == of.OFPFC_MODIFY
        table_miss = split.priority == 0 and not split.oxms and not loose
        instructions = b"" if deletes else self._translated(terms, frame, split, table_miss)
        flow = v13.Flow(
            split.cookie,
            of.OFPTT_ALL if deletes else layout.FIRST_TENANT_TABLE,
            *(split.command, split.idle_timeout, split.hard_timeout),
            *(split.priority, split.buffer_id, split.flags),
        )
        write = v13.write_upsert if split.command in _MODIFIES else v13.write_flow_mod
        return write(xid_of(frame), flow, tag_match(terms.tag) + split.oxms, instructions)

    def _translated(
        self, terms: Terms, frame: bytes, split: shallow.FlowMod, table_miss: bool
    ) -> bytes:
        key = (terms.tag, table_miss, split.protocol, split.actions)
        known = self._instructions.get(key)
        if known is None:
            message = V10.decode(frame)
            assert isinstance(message, FlowMod)
            known = translated_instructions(terms, message)
            if not may_change(message):
                keep(self._instructions, key, known)
        return known

    def packet_out(self, terms: Terms, frame: bytes) -> ShallowPacketOut | None:
        """A tenant's packet-out, or None. Raises MalformedError or Refusal."""
        split = shallow.split_packet_out(frame)
        if split is None:
            return None
        key = (terms.tag, split.actions)
        known = self._actions.get(key)
        if known is None:
            message = V10.decode(frame)
            assert isinstance(message, PacketOut)
            known = translated_actions(terms, message)
            if not any(map(is_changing, message.actions)):
                keep(self._actions, key, known)
        written = v13.write_packet_out(
            xid_of(frame), split.buffer_id, split.in_port, known.actions, split.data
        )
        return ShallowPacketOut(split.in_port, known.outputs, split.data, written)
