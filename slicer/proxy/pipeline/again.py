"""Again: flow-mods that have been said before, translated by what they became then.

One that is the same but for what passes as it is (cookie, timeouts, buffer) is looked up by all
other bytes; it is kept so when it comes for the second time, so that those that never repeat are
not kept. When it comes once more, the same but for its xid, it is kept by all its bytes instead,
which is faster to look up. Not here: translating. Invariant: what is kept is a function of the
bytes and the tag alone, and so never becomes wrong; and each flow-mod is kept once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from slicer.openflow.header import HEADER, with_xid, xid_of
from slicer.openflow.v13.shallow import FLOW_MOD
from slicer.openflow.v13.table import VERSION
from slicer.proxy.memory import Account
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.remembered import Remembered, bytes_of
from slicer.proxy.swift import Translate

_PACK_HEADER = HEADER.pack


class _FlowMods(Protocol):
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
        self._asked: tuple[bytes, bytes] = b"", b""
        """The flow-mod that was not known, and its key."""

    def known(self, tag: int, frame: bytes) -> bytes | None:
        """The translation of a flow-mod, under its own xid, or None where it is not known."""
        return self._known(self._same.of(tag), self._alike.of(tag), frame)

    def _known(
        self, same: Remembered[bytes], alike: Remembered[bytes], frame: bytes
    ) -> bytes | None:
        rest = same.recent.get(frame[8:])
        if rest is None and same.older:
            rest = same.find(frame[8:])
        if rest is not None:
            return _PACK_HEADER(VERSION, FLOW_MOD, len(rest) + 8, xid_of(frame)) + rest
        key = self._key_of(frame)
        translated = alike.recent.get(key)
        if translated is None and alike.older:
            translated = alike.find(key)
        if translated is None:
            self._asked = frame, key
            return None
        made = self._like(frame, translated)
        if made[8:] == translated[8:]:
            alike.drop(key)
            same.keep(frame[8:], made[8:])
        return made

    def translated(self, tag: int, frame: bytes, translated: bytes) -> None:
        """A flow-mod that is not known has been translated into a flow-mod."""
        asked, key = self._asked
        if asked is not frame:
            key = self._key_of(frame)
        alike = self._alike.of(tag)
        if alike.is_again(key):
            alike.keep(key, translated)

    def translator(self, by: _FlowMods, tag: int, terms: Callable[[], Terms]) -> Translate:
        """How to translate a slice's flow-mods; `terms` are asked for where they are needed."""
        same, alike = self._same.of(tag), self._alike.of(tag)
        recent, known = same.recent, self._known

        def translate(frame: bytes, xid: int) -> bytes | None:
            nonlocal recent
            rest = recent.get(frame[8:])
            if rest is not None:
                return _PACK_HEADER(VERSION, FLOW_MOD, len(rest) + 8, xid) + rest
            made = known(same, alike, frame) or by.flow_mod(terms(), frame)
            recent = same.recent
            return None if made is None else with_xid(made, xid)

        return translate
