"""Shallow: translating OpenFlow 1.0's flow-mods by their bytes.

Like `shallow.py`, for tenants of that version: the actions are looked up by their bytes and the
match's protocol, the match is written as the datapath reads it, and the rest is a few numbers.
Invariant: where there is a shallow way, the deep way gives the same frame.
"""

from __future__ import annotations

from collections.abc import Callable

from slicer.openflow import constants as of
from slicer.openflow.header import xid_of
from slicer.openflow.messages import FlowMod
from slicer.openflow.v10 import V10, shallow
from slicer.openflow.v10.shapes import Shapes
from slicer.openflow.v13 import shallow as v13
from slicer.proxy.known import Known
from slicer.proxy.memory import Account
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.again import Again
from slicer.proxy.pipeline.kept import KEPT, LONGEST
from slicer.proxy.pipeline.shallow import (
    may_change,
    tag_match,
    translated_instructions,
)
from slicer.proxy.pipeline.shallow_packet_outs import ShallowPacketOuts
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.swift import Translate

_DELETES = (of.OFPFC_DELETE, of.OFPFC_DELETE_STRICT)
_MODIFIES = (of.OFPFC_MODIFY, of.OFPFC_MODIFY_STRICT)
_Key = tuple[int, bool, tuple[int | None, int | None], bytes]


class TranslationsV10:
    """What one datapath's translations of OpenFlow 1.0 have been found to be."""

    def __init__(self, memory: Account | None = None) -> None:
        """`memory` is the datapath's, for whole flow-mods."""
        self._shapes = Shapes()
        account = Account() if memory is None else memory
        self._again = Again(account, shallow.flow_mod_key, shallow.like_flow_mod)
        self.packet_outs = ShallowPacketOuts(
            V10.decode, shallow.split_packet_out, shallow.PACKET_OUT_LAYOUT
        )
        self._instructions: Known[_Key, bytes] = Known()

    def kept_flow_mod(self, tag: int, frame: bytes) -> bytes | None:
        """What `flow_mod` would say, if it has said it twice of flow-mods like this one."""
        return self._again.known(tag, frame)

    def flow_mods(self, tag: int, terms: Callable[[], Terms]) -> Translate:
        """How to translate a tenant's flow-mods; `terms` are asked for where they are needed."""
        return self._again.translator(self, tag, terms)

    def flow_mod(self, terms: Terms, frame: bytes) -> bytes | None:
        """The datapath's frame for a tenant's flow-mod, under the tenant's xid, or None. Raises
        MalformedError or Refusal."""
        split = shallow.split_flow_mod(frame, self._shapes)
        if split is None:
            return None
        deletes = split.command in _DELETES
        if deletes and split.actions:
            return None
        loose = split.command == of.OFPFC_MODIFY
        table_miss = split.priority == 0 and not split.oxms and not loose
        is_kept, instructions = (
            (True, b"") if deletes else self._translated(terms, frame, split, table_miss)
        )
        flow = v13.Flow(
            split.cookie,
            of.OFPTT_ALL if deletes else layout.FIRST_TENANT_TABLE,
            *(split.command, split.idle_timeout, split.hard_timeout),
            *(split.priority, split.buffer_id, split.flags),
        )
        oxms = tag_match(terms.tag) + split.oxms
        if split.command in _MODIFIES:
            return v13.write_upsert(xid_of(frame), flow, oxms, instructions)
        translated = v13.write_flow_mod(xid_of(frame), flow, oxms, instructions)
        if is_kept:
            self._again.translated(terms.tag, frame, translated)
        return translated

    def _translated(
        self, terms: Terms, frame: bytes, split: shallow.FlowMod, table_miss: bool
    ) -> tuple[bool, bytes]:
        """Will it stay the same, and what is it?"""
        key = (terms.tag, table_miss, split.protocol, split.actions)
        known = self._instructions.get(key)
        if known is not None:
            return True, known
        message = V10.decode(frame)
        assert isinstance(message, FlowMod)
        made = translated_instructions(terms, message)
        if may_change(message):
            return False, made
        if len(split.actions) <= LONGEST:
            self._instructions.keep(terms.tag, key, made, KEPT)
        return True, made
