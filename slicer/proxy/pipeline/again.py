"""Again: flow-mods that have been said before, translated by what they became then.

One that is the same but for its xid is looked up by all its other bytes, and one that is the same
but for what passes as it is (cookie, timeouts, buffer) by the rest. Each is kept when it comes for
the second time, in the first way if it can be; so those that never repeat are not kept. Not here:
translating. Invariant: what is kept is a function of the bytes and the tag alone, and so never
becomes wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from slicer.openflow.header import HEADER, with_xid, xid_of
from slicer.openflow.v13.shallow import FLOW_MOD
from slicer.openflow.v13.table import VERSION
from slicer.proxy.memory import Account
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.remembered import bytes_of
from slicer.proxy.swift import Translate

_PACK_HEADER = HEADER.pack


class _FlowMods(Protocol):
    def kept_flow_mod(self, tag: int, frame: bytes) -> bytes | None: ...

    def flow_mod(self, terms: Terms, frame: bytes) -> bytes | None: ...


class Again:
    """The flow-mods of one version that the slices of one datapath have said before."""

    def __init__(
        self,
        memory: Account,
        key_of: Callable[[bytes], bytes],
        like: Callable[[bytes, bytes], bytes],
    ) -> None:
        """`key_of(frame)` is what a translation depends on, and `like(frame, translated)` what it
        is for another flow-mod of the same key."""
        self._key_of = key_of
        self._like = like
        self._same = memory.by_tag(bytes_of)
        """By all bytes but the header's: the translation, likewise."""
        self._alike = memory.by_tag(bytes_of)

    def known(self, tag: int, frame: bytes) -> bytes | None:
        """The translation of a flow-mod, under its own xid, or None where it is not known."""
        same, key = self._same.of(tag), frame[8:]
        rest = same.find(key)
        if rest is not None:
            return _PACK_HEADER(VERSION, FLOW_MOD, len(rest) + 8, xid_of(frame)) + rest
        alike = self._alike.of(tag).find(self._key_of(frame))
        if alike is None:
            return None
        translated = self._like(frame, alike)
        if same.is_again(key):
            same.keep(key, translated[8:])
        return translated

    def translated(
        self, tag: int, frame: bytes, translated: bytes, *, may_differ: bool = True
    ) -> None:
        """A flow-mod that is not known has been translated into a flow-mod; `may_differ` says that
        it would be so for others of the same key."""
        same, key = self._same.of(tag), frame[8:]
        if same.is_again(key):
            same.keep(key, translated[8:])
        elif may_differ:
            alike, key = self._alike.of(tag), self._key_of(frame)
            if alike.is_again(key):
                alike.keep(key, translated)

    def translator(self, by: _FlowMods, tag: int, terms: Callable[[], Terms]) -> Translate:
        """How to translate a slice's flow-mods; `terms` are asked for where they are needed."""
        same = self._same.of(tag)
        recent = same.recent

        def translate(frame: bytes, xid: int) -> bytes | None:
            nonlocal recent
            rest = recent.get(frame[8:])
            if rest is not None:
                return _PACK_HEADER(VERSION, FLOW_MOD, len(rest) + 8, xid) + rest
            made = by.kept_flow_mod(tag, frame) or by.flow_mod(terms(), frame)
            recent = same.recent
            return None if made is None else with_xid(made, xid)

        return translate
