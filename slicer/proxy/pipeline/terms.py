"""Terms: what a tenant's numbers are on the datapath, and back.

Tables shift by one and ports stay as they are (`layout.py`); group ids are given out here, because
two tenants may well choose the same. The datapath keeps the binding: the first bucket of every
tenant group notes whose it is and under which id, so it survives a restart of the slicer. An entry
leaves when its group is deleted. Invariant: no two groups have one id on the datapath, and a
tenant reaches by its ids only groups of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct

from slicer.openflow.actions import Note
from slicer.openflow.groups import Bucket
from slicer.openflow.multipart import GroupDesc
from slicer.proxy.pipeline import layout

_NOTE = Struct("!HI")
"""tag, the tenant's id: just the 6 bytes that a note has room for without filling."""
_PLACEHOLDER = bytes(8)
"""Follows in the note of a bucket that the slicer added, where the tenant's group has none."""


def note_of_group(tag: int, number: int, *, placeholder: bool = False) -> Note:
    """The note for the first bucket of a tenant's group."""
    return Note(_NOTE.pack(tag, number) + (_PLACEHOLDER if placeholder else b""))


def read_note(buckets: tuple[Bucket, ...]) -> tuple[int, int, bool] | None:
    """(tag, the tenant's id, is the bucket a placeholder?) from a group's first bucket, or None
    where no tenant of the slicer's has made the group."""
    first = buckets[0].actions[0] if buckets and buckets[0].actions else None
    if not isinstance(first, Note) or len(first.note) < _NOTE.size:
        return None
    tag, number = _NOTE.unpack_from(first.note)
    return tag, number, len(first.note) > _NOTE.size


class GroupIds:
    """The tenants' groups of one datapath."""

    def __init__(self) -> None:
        self._on_datapath: dict[tuple[int, int], int] = {}
        self._of_tenant: dict[int, tuple[int, int]] = {}
        self._taken: set[int] = set()
        self._next = 1

    def load(self, groups: Iterable[GroupDesc]) -> None:
        """Take what a datapath holds; ids of groups that are not the slicer's are not given out."""
        for group in groups:
            noted = read_note(group.buckets)
            if layout.read_group_id(group.group_id) is not None:
                continue
            if noted is None:
                self._taken.add(group.group_id)
            else:
                self._enter(noted[0], noted[1], group.group_id)

    def _enter(self, tag: int, number: int, physical: int) -> None:
        self._on_datapath[tag, number] = physical
        self._of_tenant[physical] = (tag, number)

    def open(self, tag: int, number: int) -> int:
        """The datapath's id for a group that a tenant is about to add."""
        while self._next in self._of_tenant or self._next in self._taken:
            self._next = self._next % layout.LAST_TENANT_GROUP + 1
        self._enter(tag, number, self._next)
        return self._next

    def close(self, tag: int, number: int) -> None:
        """The group has gone."""
        del self._of_tenant[self._on_datapath.pop((tag, number))]

    def undo_open(self, tag: int, number: int, physical: int) -> None:
        """The group was never made; its tenant may have deleted or added it anew meanwhile."""
        if self._on_datapath.get((tag, number)) == physical:
            self.close(tag, number)

    def find(self, tag: int, number: int) -> int | None:
        """The datapath's id for a tenant's group."""
        return self._on_datapath.get((tag, number))

    def owner(self, physical: int) -> tuple[int, int] | None:
        """(tag, the tenant's id) of a group on the datapath, or None where it is no tenant's."""
        return self._of_tenant.get(physical)

    def of(self, tag: int) -> Iterator[tuple[int, int]]:
        """(the tenant's id, the datapath's) of each group of a tag."""
        return (
            (number, physical)
            for (each, number), physical in self._on_datapath.items()
            if each == tag
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """One sliver's terms."""

    tag: int
    groups: GroupIds

    def group(self, number: int) -> int | None:
        """The datapath's id for the tenant's group."""
        return self.groups.find(self.tag, number)

    def tenants_group(self, physical: int) -> int | None:
        """The tenant's id for a group on the datapath, if it is the tenant's."""
        owner = self.groups.owner(physical)
        return owner[1] if owner is not None and owner[0] == self.tag else None
