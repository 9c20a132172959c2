"""Packet: what the fake switch forwards, and what of it Open vSwitch sees.

A header without its VLAN tags, the tags, and how many of the tags were out of sight when the
switch read the packet: with `vlan-limit=1` it reads one, and of a packet with more it sees
neither the next tag nor what is behind it (ovs-vswitchd.conf.db(5)). A tag that the pipeline
pushes itself stays in sight, and so does all that was. So what the pipeline sees (`seen`) and
what the next switch would see (`header`) can differ, as they do in Open vSwitch.

Not here: registers and metadata (`flight.py`), bytes (`frames.py`). No MPLS, no PBB: Open vSwitch
reads a packet anew when a label is popped, so nothing is hidden there.

Invariant: without a hidden tag, and with at most one tag, `seen` is `header`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from slicer.flowspace.fields import FIELDS, TRANSPORT_PLACE, VLAN_PRESENT
from slicer.flowspace.point import Point

VISIBLE_TAGS = 2
"""So many tags can Open vSwitch keep in sight at all."""

_VID, _PCP = FIELDS["vlan_vid"], FIELDS["vlan_pcp"]
_ETH_TYPE = FIELDS["eth_type"]
_ADDRESSES = FIELDS["eth_dst"].place | FIELDS["eth_src"].place


@dataclass(frozen=True, slots=True)
class Tag:
    """One VLAN tag; a pushed one is of VLAN 0 and priority 0."""

    tpid: int = 0x8100
    vid: int = 0
    pcp: int = 0

    @property
    def fields(self) -> int:
        """The tag's part of a point's wide integer."""
        return (self.vid | VLAN_PRESENT) << _VID.shift | self.pcp << _PCP.shift


_SET_IN_TAG: Mapping[str, Callable[[Tag, int], Tag]] = {
    "vlan_vid": lambda tag, value: replace(tag, vid=value & ~VLAN_PRESENT),
    "vlan_pcp": lambda tag, value: replace(tag, pcp=value),
}


@dataclass(frozen=True, slots=True, repr=False)
class Packet:
    """`inner` is the header without tags, at port 0; `tags` are the outermost first, the last
    `hidden` of them out of the pipeline's sight."""

    inner: Point
    tags: tuple[Tag, ...] = ()
    hidden: int = 0
    is_first_fragment: bool = False

    @staticmethod
    def of(
        *tags: Tag, first_fragment: bool = False, later_fragment: bool = False, **values: int
    ) -> Packet:
        """A packet that has just come in. `values` are fields but `port` and those of a tag."""
        inner = Point.of(later_fragment, **values)
        return Packet(inner, tags, max(len(tags) - 1, 0), first_fragment)

    @property
    def is_plain(self) -> bool:
        """Does the next switch surely see what the pipeline sees? Not with two tags in sight, and
        not with none in sight while there is one."""
        visible = len(self.tags) - self.hidden
        return visible == 1 or (visible == 0 and not self.hidden)

    def again(self) -> Packet:
        """The same packet as the next switch reads it."""
        return replace(self, hidden=max(len(self.tags) - 1, 0))

    @property
    def seen(self) -> Point:
        """What the pipeline matches, at port 0."""
        visible = len(self.tags) - self.hidden
        vlan = self.tags[0].fields if visible else 0
        if self.hidden:
            return Point(self._behind(self.tags[visible].tpid) | vlan)
        return Point(self.inner.header | vlan, self.inner.later_fragment)

    @property
    def header(self) -> Point:
        """What the packet is on the wire, to who reads one tag, at port 0."""
        return self.again().seen

    def _behind(self, tpid: int) -> int:
        return self.inner.header & _ADDRESSES | tpid << _ETH_TYPE.shift

    # ---- what actions do to it ----

    def set(self, name: str, value: int) -> Packet:
        """Set a field; one that the packet doesn't have stays as it is, as in Open vSwitch."""
        field = FIELDS[name]
        seen = self.seen
        if not field.applies(seen.header) or (field.transport and seen.later_fragment):
            return self
        if name in _SET_IN_TAG:
            return self._with_tag(_SET_IN_TAG[name](self.tags[0], value)) if self.tags else self
        header = self.inner.header & ~field.place | value << field.shift
        return replace(self, inner=Point(header, self.inner.later_fragment))

    def _with_tag(self, tag: Tag) -> Packet:
        return replace(self, tags=(tag, *self.tags[1:])) if self.has_visible_tag else self

    @property
    def has_visible_tag(self) -> bool:
        """Is there a tag in the pipeline's sight?"""
        return len(self.tags) > self.hidden

    def push(self, tpid: int) -> Packet:
        """Push a tag. Of more than two in sight the innermost is lost."""
        visible = len(self.tags) - self.hidden
        kept = (Tag(tpid), *self.tags[:visible])[:VISIBLE_TAGS]
        return replace(self, tags=kept + self.tags[visible:])

    def pop(self) -> Packet:
        """Pop the outermost tag that is in sight, if there is one."""
        return replace(self, tags=self.tags[1:]) if self.has_visible_tag else self

    def __repr__(self) -> str:
        tags = [f"tag {tag.vid} (pcp {tag.pcp}, {tag.tpid:#x})" for tag in self.tags]
        fields = [f"{name}={value:#x}" for name, value in self.inner.items() if value]
        notes = [f"{self.hidden} tags out of sight"] if self.hidden else []
        notes += ["first fragment"] if self.is_first_fragment else []
        notes += ["later fragment"] if self.inner.later_fragment else []
        return f"<Packet {', '.join(tags + fields + notes)}>"


def without_transport(point: Point) -> Point:
    """The point as a switch in the normal way of handling fragments sees one of any kind."""
    return Point(point.header & ~TRANSPORT_PLACE, point.later_fragment)
