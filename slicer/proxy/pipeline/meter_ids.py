"""Meter ids: which meter of the datapath's is which tenant's, and how the datapath remembers it.

Two tenants may choose the same id, so each of their meters has an id of the datapath's. A meter can
hold no note as a group can. Instead there is a flow in emit for each, of `Stage.METER_NOTE`: it
matches on tag and tenant's id in a way that no packet does, and its cookie bears the datapath's id.
The flow is there before the meter and goes after it, so it survives a restart of the slicer and a
meter without one is no tenant's. Invariant: no two meters have one id on the datapath, and a tenant
reaches by its ids only meters of its own.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import FlowMod, Message, MeterMod
from slicer.openflow.multipart import FlowStats
from slicer.openflow.oxm import Match
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.refusal import Refusal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MeterNote:
    """Whose a meter of the datapath's is, and the tenant's id for it."""

    tag: int
    number: int
    physical: int

    def flow(self, command: int = of.OFPFC_ADD) -> FlowMod:
        """The flow-mod that makes the datapath remember it, or with another command forget it."""
        return FlowMod(
            0,
            cookie=int(StageCookie(Stage.METER_NOTE, self.tag, self.physical)),
            table_id=layout.EMIT_TABLE,
            command=command,
            match=Match.of(
                **{
                    layout.OWNER: layout.METER_NOTE_BIT | self.tag,
                    layout.REQUEST: self.number,
                }
            ),
        )


def read_note(flow: FlowStats) -> MeterNote | None:
    """What a flow notes of a meter, or None where it notes nothing."""
    cookie = StageCookie.read(flow.cookie)
    if cookie is None or cookie.stage is not Stage.METER_NOTE:
        return None
    number = flow.match.get(layout.REQUEST)
    return MeterNote(cookie.tag, number, cookie.port) if isinstance(number, int) else None


@dataclass(slots=True)
class _Binding:
    """What the slicer knows of one of a tenant's meter ids."""

    physical: int
    is_made: bool = False
    """Has the datapath the meter?"""
    claims: int = 0
    """How many requests to add it the datapath has not answered."""


class MeterIds:
    """The tenants' meters of one datapath."""

    def __init__(self) -> None:
        self._bindings: dict[tuple[int, int], _Binding] = {}
        self._of_tenant: dict[int, tuple[int, int]] = {}
        self._taken: set[int] = set()
        self._next = 1

    def load(self, flows: Iterable[FlowStats], there: Collection[int]) -> None:
        """Take what a datapath holds: flows that note meters, and the ids of the meters that are
        there. A note without its meter counts for nothing; a meter that no note or more than one
        names is nobody's, and its id is not given out."""
        notes = [note for flow in flows if (note := read_note(flow)) and note.physical in there]
        named = Counter(note.physical for note in notes)
        for note in notes:
            if named[note.physical] == 1:
                self._enter(note.tag, note.number, note.physical).is_made = True
            else:
                log.warning("a meter is noted more than once and left to nobody: %s", note)
        self._taken = set(there) - self._of_tenant.keys()

    def made(self) -> frozenset[int]:
        """The datapath's ids of the tenants' meters that it has, as far as the slicer knows."""
        return frozenset(each.physical for each in self._bindings.values() if each.is_made)

    def lose(self, physical: Iterable[int]) -> None:
        """Somebody else has deleted these meters; their notes are stale from now on."""
        for each in physical:
            owner = self._of_tenant.get(each)
            if owner is not None:
                self.end(*owner)

    def _enter(self, tag: int, number: int, physical: int) -> _Binding:
        binding = self._bindings[tag, number] = _Binding(physical)
        self._of_tenant[physical] = (tag, number)
        return binding

    def _free(self) -> int:
        for _ in range(layout.LAST_TENANT_METER):
            physical = self._next
            self._next = self._next % layout.LAST_TENANT_METER + 1
            if physical not in self._of_tenant and physical not in self._taken:
                return physical
        raise Refusal(
            errors.METER_MOD_FAILED_OUT_OF_METERS,
            f"the datapath's {layout.LAST_TENANT_METER} meters for tenants are all in use",
        )

    def claim(self, tag: int, number: int) -> MeterNote | None:
        """A tenant asks for a meter. From now on an id is bound to it; where that is new, the note
        that says so is returned. Raises Refusal when there is no id left."""
        binding = self._bindings.get((tag, number))
        note = None
        if binding is None:
            binding = self._enter(tag, number, self._free())
            note = MeterNote(tag, number, binding.physical)
        binding.claims += 1
        return note

    def confirm(self, tag: int, number: int) -> None:
        """The datapath has made the meter that was claimed."""
        binding = self._bindings[tag, number]
        binding.claims -= 1
        binding.is_made = True

    def withdraw(self, tag: int, number: int) -> MeterNote | None:
        """The datapath has refused to make the meter that was claimed. Returns the note that is to
        go, if nothing else needs it."""
        self._bindings[tag, number].claims -= 1
        return self._tidy(tag, number)

    def end(self, tag: int, number: int) -> MeterNote | None:
        """The datapath has deleted the meter. Returns the note that is to go, if any."""
        binding = self._bindings.get((tag, number))
        if binding is None:
            return None
        binding.is_made = False
        return self._tidy(tag, number)

    def _tidy(self, tag: int, number: int) -> MeterNote | None:
        binding = self._bindings[tag, number]
        if binding.is_made or binding.claims:
            return None
        del self._bindings[tag, number]
        del self._of_tenant[binding.physical]
        return MeterNote(tag, number, binding.physical)

    def leave(self, gone: Iterable[int]) -> list[Message]:
        """The meters of slices that have gone go with them; their notes are stale from now on."""
        tags = set(gone)
        doomed = [(tag, number) for tag, number in self._bindings if tag in tags]
        physical = [self._bindings.pop(each).physical for each in doomed]
        for each in physical:
            del self._of_tenant[each]
        return [MeterMod(0, of.OFPMC_DELETE, of.OFPMF_KBPS, each) for each in physical]

    def notes(self, tags: Container[int]) -> Iterator[FlowMod]:
        """The flows by which the datapath remembers the meters of these tags."""
        for (tag, number), binding in self._bindings.items():
            if tag in tags:
                yield MeterNote(tag, number, binding.physical).flow()

    def find(self, tag: int, number: int) -> int | None:
        """The datapath's id that is bound to a tenant's id."""
        binding = self._bindings.get((tag, number))
        return None if binding is None else binding.physical

    def owner(self, physical: int) -> tuple[int, int] | None:
        """(tag, the tenant's id) that an id of the datapath's is bound to, or None."""
        return self._of_tenant.get(physical)

    def of(self, tag: int) -> list[int]:
        """The tenant's ids of a tag's meters."""
        return [number for each, number in self._bindings if each == tag]
