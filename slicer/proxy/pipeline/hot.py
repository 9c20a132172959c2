"""Hot: the messages that come by the hundred thousand, translated by what is remembered of them.

It holds the translations of one datapath, by version, and puts them to use for single frames and
for runs. What a packet-out may do is judged each time. Invariant: a frame that is translated here
is one that `Pipeline.flow_mod`, `packet_out` or `packet_in` would have had the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy import discovery
from slicer.proxy.memory import Account
from slicer.proxy.notice import Notice
from slicer.proxy.pending import RestoreFrame
from slicer.proxy.pipeline import judging
from slicer.proxy.pipeline.heads import Heads
from slicer.proxy.pipeline.listed import Listings
from slicer.proxy.pipeline.listed_v10 import ListingsV10
from slicer.proxy.pipeline.shallow import Translations
from slicer.proxy.pipeline.shallow_v10 import TranslationsV10
from slicer.proxy.pipeline.terms import Terms
from slicer.proxy.pipeline.verdicts import PacketCheck
from slicer.proxy.sliver import Sliver
from slicer.proxy.swift import Destination, Translate, Translator


class Judge(Protocol):
    """What is asked of the pipeline as things stand."""

    def terms(self, sliver: Sliver) -> Terms:
        """A sliver's numbers, and what it may."""

    def packet_check(self, sliver: Sliver) -> PacketCheck | None:
        """What judges whose the packets of packet-outs are, or None where there is nothing to be
        judged."""

    def wants_misses(self, tag: int, port: int) -> bool:
        """Does a slice want packet-ins about packets from a port that no flow has matched?"""


class Hot:
    """The hot messages of one datapath."""

    def __init__(self, judge: Judge, memory: Account) -> None:
        self._judge = judge
        self._translations = Translations(memory)
        self._listings: Mapping[int, Listings | ListingsV10] = {
            V13.version: Listings(),
            V10.version: ListingsV10(),
        }
        self.packet_in_head = Heads(self._translations).of
        """What becomes of a packet-in."""
        self._by_version: Mapping[int, Translations | TranslationsV10] = {
            V13.version: self._translations,
            V10.version: TranslationsV10(memory),
        }

    def flow_mods(self, sliver: Sliver, version: int) -> Translator:
        """How to translate a tenant's flow-mods."""
        terms = self._terms(sliver)
        return Translator(self._by_version[version].flow_mods(sliver.tag, terms))

    def flow_mod_frame(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """The shallow way of one flow-mod, under the tenant's xid, or None."""
        translations = self._by_version[frame[0]]
        known = translations.kept_flow_mod(sliver.tag, frame)
        return known or translations.flow_mod(self._judge.terms(sliver), frame)

    def _terms(self, sliver: Sliver) -> Callable[[], Terms]:
        """A sliver's terms, when they are first asked for."""
        found: Terms | None = None

        def terms() -> Terms:
            nonlocal found
            if found is None:
                found = self._judge.terms(sliver)
            return found

        return terms

    def packet_outs(self, sliver: Sliver, version: int) -> Translate:
        """How to translate a tenant's packet-outs."""
        made_of = self._by_version[version].packet_outs.translator(sliver.tag, self._terms(sliver))
        ports, on_the_wire = sliver.ports, discovery.ON_THE_WIRE
        check = self._judge.packet_check(sliver)

        def translate(frame: bytes, xid: int) -> bytes | None:
            made = made_of(frame, xid)
            if made is None:
                return None
            in_port, outputs, data, translated = made
            if data[12:14] in on_the_wire:
                return None
            if in_port not in ports:
                judging.check_in_port(sliver, in_port)
            if check is not None:
                check(outputs, data)
            return translated

        return translate

    def packet_out_frame(self, sliver: Sliver, frame: bytes) -> bytes | None:
        """The shallow way of one packet-out, or None."""
        packet_outs = self._by_version[frame[0]].packet_outs
        made = packet_outs.kept(sliver.tag, frame)
        made = made or packet_outs.made(self._judge.terms(sliver), frame)
        if made is None:
            return None
        in_port, outputs, data, translated = made
        if discovery.is_discovery(data):
            return None
        if in_port not in sliver.ports:
            judging.check_in_port(sliver, in_port)
        check = self._judge.packet_check(sliver)
        if check is not None:
            check(outputs, data)
        return translated

    def flow_stats(self, sliver: Sliver) -> RestoreFrame:
        """How to restore flow statistics that are not filtered, of any version."""

        def restore(frame: bytes, xid: int, version: int) -> bytes | None:
            return self._listings[version].flow_stats(self._judge.terms(sliver), frame, xid)

        return restore

    def packet_in(self, frame: bytes) -> tuple[int, Notice | None] | None:
        """A packet-in bears the tag in its match; None is for one that doesn't."""
        tagged = self._translations.packet_in(frame)
        if tagged is None:
            return None
        tag, port, reason, restored, is_miss = tagged
        if not self._is_wanted(tag, port, is_table_miss=is_miss):
            return tag, None
        return tag, Notice.of_packet_in(restored, port, reason, is_table_miss=is_miss)

    def destined(self, destination: Destination) -> tuple[int, Notice | None]:
        """What `packet_in` says of packet-ins with a destination, but for their bytes."""
        tag, notice = destination.tag, destination.notice
        is_miss = notice.is_table_miss
        is_wanted = self._is_wanted(tag, destination.in_port, is_table_miss=is_miss)
        return tag, notice if is_wanted else None

    def _is_wanted(self, tag: int, port: int, *, is_table_miss: bool) -> bool:
        """That a port sends none (OFPPC_NO_PACKET_IN) is about packets that no flow has matched
        (OpenFlow 1.3.5 7.2.1): a flow's packet-ins come, as they do from Open vSwitch. Spanning
        trees rest on that."""
        return not is_table_miss or self._judge.wants_misses(tag, port)
