"""Terms: what a tenant's numbers are on the datapath, and back.

Tables shift by one and ports stay as they are (`layout.py`); group ids are given out here, because
two tenants may well choose the same. A group may be named by another one's buckets before it is
there, and after it has gone, so an id is bound while the tenant has the group or a group that names
it. The datapath keeps the binding: the first bucket of every tenant group notes whose it is, under
which id, and which ids its buckets name; so it survives a restart of the slicer. Invariant: no two
groups have one id on the datapath, and a tenant reaches by its ids only groups of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from struct import Struct

from slicer.openflow import constants as of
from slicer.openflow.actions import Note
from slicer.openflow.groups import Bucket
from slicer.openflow.multipart import GroupDesc
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.meter_ids import MeterIds

_NOTE = Struct("!HI")
"""tag, the tenant's id: just the 6 bytes that a note has room for without filling."""
_NAMED = Struct("!II")
"""Follows for each group that the buckets name: the datapath's id and the tenant's."""
_PLACEHOLDER = bytes(_NAMED.size)
"""Follows instead in a bucket that the slicer added, where the tenant's group has none."""


def note_of_group(
    tag: int, number: int, named: Mapping[int, int], *, placeholder: bool = False
) -> Note:
    """The note for the first bucket of a tenant's group; `named` has the datapath's ids of the
    groups that its buckets name, by the tenant's."""
    pairs = (_NAMED.pack(named[each], each) for each in sorted(named))
    follows = _PLACEHOLDER if placeholder else b"".join(pairs)
    return Note(_NOTE.pack(tag, number) + follows)


@dataclass(frozen=True, slots=True)
class GroupNote:
    """What a tenant's group notes: `named` has the tenant's ids by the datapath's."""

    tag: int
    number: int
    named: Mapping[int, int]
    is_placeholder: bool


def read_note(buckets: tuple[Bucket, ...]) -> GroupNote | None:
    """What a group's first bucket notes, or None where no tenant of the slicer's has made it."""
    first = buckets[0].actions[0] if buckets and buckets[0].actions else None
    if not isinstance(first, Note) or (len(first.note) - _NOTE.size) % _NAMED.size:
        return None
    tag, number = _NOTE.unpack_from(first.note)
    follows = first.note[_NOTE.size :]
    named = {} if follows == _PLACEHOLDER else dict(_NAMED.iter_unpack(follows))
    return GroupNote(tag, number, named, follows == _PLACEHOLDER)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A group as its tenant has asked for it."""

    names: frozenset[int]
    """The tenant's ids that its buckets name."""
    is_empty: bool
    """Has it no buckets, so that the one on the datapath is a placeholder?"""
    order: int = 0
    """When it was sent to the datapath, or committed."""


@dataclass(slots=True)
class _Binding:
    """What the slicer knows of one of a tenant's group ids."""

    physical: int
    made: _Asked | None = None
    """The group that the datapath has."""
    pending: list[_Asked] = field(default_factory=list)
    """What was asked for and the datapath has not confirmed, oldest first."""
    bundled: int = 0
    """How often it is asked for in bundles that are not committed yet."""
    named_by: int = 0
    """How often groups of the tenant's that are made, pending or bundled name it."""

    @property
    def last(self) -> _Asked | None:
        """The group as it is once all that was asked for is carried out."""
        return self.pending[-1] if self.pending else self.made


@dataclass(frozen=True, slots=True)
class Change:
    """A group-mod under way: what to do when the datapath has carried it out, or refused it."""

    done: Callable[[], None]
    undo: Callable[[], None]


class GroupIds:
    """The tenants' groups of one datapath."""

    def __init__(self) -> None:
        self._bindings: dict[tuple[int, int], _Binding] = {}
        self._of_tenant: dict[int, tuple[int, int]] = {}
        self._taken: set[int] = set()
        self._next = 1
        self._asked = 0

    def load(self, groups: Iterable[GroupDesc]) -> None:
        """Take what a datapath holds; ids of groups that are not the slicer's are not given out."""
        noted: dict[int, GroupNote] = {}
        for group in groups:
            note = read_note(group.buckets)
            if layout.read_group_id(group.group_id) is not None:
                continue
            if note is None:
                self._taken.add(group.group_id)
            else:
                noted[group.group_id] = note
        for physical, note in noted.items():
            self._enter(note.tag, note.number, physical)
        for note in noted.values():
            for physical, number in note.named.items():
                if (note.tag, number) not in self._bindings:
                    self._enter(note.tag, number, physical)
            named = frozenset(note.named.values())
            self.change(note.tag, note.number, named, is_empty=note.is_placeholder).done()

    def _enter(self, tag: int, number: int, physical: int) -> _Binding:
        binding = self._bindings[tag, number] = _Binding(physical)
        self._of_tenant[physical] = (tag, number)
        return binding

    def _bind(self, tag: int, number: int) -> _Binding:
        known = self._bindings.get((tag, number))
        if known is not None:
            return known
        while self._next in self._of_tenant or self._next in self._taken:
            self._next = self._next % layout.LAST_TENANT_GROUP + 1
        return self._enter(tag, number, self._next)

    def change(
        self, tag: int, number: int, names: frozenset[int], *, is_empty: bool = False
    ) -> Change:
        """A tenant asks for a group, new or changed, whose buckets name these groups. Ids for it
        and for them are bound from now on."""
        binding = self._bind(tag, number)
        asked = _Asked(names, is_empty, self._count())
        binding.pending.append(asked)
        self._name(tag, names)

        def done() -> None:
            binding.pending.remove(asked)
            self._made(tag, binding, asked)

        def undo() -> None:
            binding.pending.remove(asked)
            self._release(tag, asked)
            self._tidy(tag, number)

        return Change(done, undo)

    def change_later(
        self, tag: int, number: int, names: frozenset[int], *, is_empty: bool = False
    ) -> Change:
        """Likewise in a bundle: ids are bound, but until it is committed, which `done` says, the
        group is what it was."""
        binding = self._bind(tag, number)
        binding.bundled += 1
        self._name(tag, names)

        def done() -> None:
            binding.bundled -= 1
            self._made(tag, binding, _Asked(names, is_empty, self._count()))

        def undo() -> None:
            binding.bundled -= 1
            self._release(tag, _Asked(names, is_empty))
            self._tidy(tag, number)

        return Change(done, undo)

    def _count(self) -> int:
        self._asked += 1
        return self._asked

    def _name(self, tag: int, names: Iterable[int]) -> None:
        for each in names:
            self._bind(tag, each).named_by += 1

    def _made(self, tag: int, binding: _Binding, asked: _Asked) -> None:
        """The datapath has carried it out; what was committed after it may have been confirmed
        before."""
        former, binding.made = binding.made, asked
        if former is not None and former.order > asked.order:
            former, binding.made = asked, former
        self._release(tag, former)

    def end(self, tag: int, number: int) -> None:
        """The datapath has deleted a tenant's group; what was asked for since is to come."""
        binding = self._bindings.get((tag, number))
        if binding is not None:
            former, binding.made = binding.made, None
            self._release(tag, former)
            self._tidy(tag, number)

    def _release(self, tag: int, former: _Asked | None) -> None:
        for number in former.names if former else ():
            self._bindings[tag, number].named_by -= 1
            self._tidy(tag, number)

    def _tidy(self, tag: int, number: int) -> None:
        """Let go of an id that neither has a group nor is named by one."""
        binding = self._bindings.get((tag, number))
        is_used = binding is not None and (binding.last or binding.named_by or binding.bundled)
        if binding is not None and not is_used:
            del self._bindings[tag, number]
            del self._of_tenant[binding.physical]

    def find(self, tag: int, number: int) -> int | None:
        """The datapath's id that is bound to a tenant's id."""
        binding = self._bindings.get((tag, number))
        return None if binding is None else binding.physical

    def owner(self, physical: int) -> tuple[int, int] | None:
        """(tag, the tenant's id) that an id of the datapath's is bound to, or None."""
        return self._of_tenant.get(physical)

    def of(self, tag: int) -> list[int]:
        """The tenant's ids of a tag's groups."""
        return [number for number, _ in self._last(tag)]

    def empty(self, tag: int) -> frozenset[int]:
        """The tenant's ids of those groups that have no buckets."""
        return frozenset(number for number, asked in self._last(tag) if asked.is_empty)

    def _last(self, tag: int) -> Iterator[tuple[int, _Asked]]:
        for (each, number), binding in self._bindings.items():
            if each == tag and binding.last is not None:
                yield number, binding.last


@dataclass(frozen=True, slots=True)
class Terms:
    """One sliver's terms."""

    tag: int
    groups: GroupIds
    meters: MeterIds = field(default_factory=MeterIds)
    owns_all: bool = False
    """Is every packet at every port of the datapath the slice's?"""
    packet_in_meter: int | None = None
    """The datapath's meter for what the slice sends to its controller, where it has one."""
    counters: Counter[str] = field(default_factory=Counter, compare=False)
    """The sliver's."""

    def group(self, number: int) -> int:
        """The datapath's id for the tenant's group. An id that no group can have stays as it is;
        one that isn't bound is of no group, which the datapath says at its time."""
        if number > of.OFPG_MAX:
            return number
        found = self.groups.find(self.tag, number)
        return layout.NO_GROUP if found is None else found

    def tenants_group(self, physical: int) -> int | None:
        """The tenant's id for a group on the datapath, if it is the tenant's."""
        if physical > of.OFPG_MAX:
            return physical
        owner = self.groups.owner(physical)
        return owner[1] if owner is not None and owner[0] == self.tag else None

    def meter(self, number: int) -> int:
        """The datapath's id for the tenant's meter; where there is none, an id of which the
        datapath says what it says of the tenant's."""
        if not 0 < number <= of.OFPM_MAX:
            return layout.NO_METER_ID
        found = self.meters.find(self.tag, number)
        return layout.NO_METER if found is None else found

    def tenants_meter(self, physical: int) -> int | None:
        """The tenant's id for a meter on the datapath, if it is the tenant's."""
        owner = self.meters.owner(physical)
        return owner[1] if owner is not None and owner[0] == self.tag else None
