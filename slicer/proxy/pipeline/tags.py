"""Tags: which number stands for which slice on one datapath.

The datapath itself keeps the binding: the slicer's flows and groups carry the slice's name in a
note, and its tag in cookie or group id. A slice that the datapath knows keeps its tag whatever
else changes in the policy, and a tag that any flow or group still bears is not given out again.

Invariant: no two slices have one tag, and no slice gets a tag that was another's while something
of the other's is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from slicer.openflow.actions import Action, Note
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.multipart import FlowStats, GroupDesc
from slicer.proxy.operation import OperationFailed
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.terms import read_note


class TooManySlices(OperationFailed):
    """There is no tag left on a datapath."""


def note_of(slice_name: str) -> Note:
    """The note that names a slice, filled up as a switch gives it back (6 bytes mod 8)."""
    data = slice_name.encode()
    return Note(data + bytes(-(len(data) - 6) % 8))


def _noted(actions: Iterable[Action]) -> str | None:
    for action in actions:
        if isinstance(action, Note):
            return action.note.rstrip(b"\0").decode(errors="replace")
    return None


def read_bindings(
    flows: Iterable[FlowStats], groups: Iterable[GroupDesc]
) -> tuple[dict[str, int], set[int]]:
    """(slice name -> tag as noted on the datapath, every tag that the given flows' cookies and
    groups' ids name). Where notes contradict each other the flows' come first."""
    bound: dict[str, int] = {}
    seen: set[int] = set()

    def note(tag: int, name: str | None) -> None:
        seen.add(tag)
        if name is not None and name not in bound and tag not in bound.values():
            bound[name] = tag

    for flow in flows:
        cookie = StageCookie.read(flow.cookie)
        if cookie is not None and cookie.tag:
            applied = (
                _noted(each.actions)
                for each in flow.instructions
                if cookie.stage is Stage.ADMIT and isinstance(each, ApplyActions)
            )
            note(cookie.tag, next(applied, None))
    for group in groups:
        tag = tag_of_group(group)
        if tag is not None:
            own = layout.read_group_id(group.group_id) is not None
            named = (_noted(bucket.actions) for bucket in group.buckets if own)
            note(tag, next(named, None))
    return bound, seen


def tag_of_group(group: GroupDesc) -> int | None:
    """The tag that a group bears, or None where it is not the slicer's or a tenant's."""
    own = layout.read_group_id(group.group_id)
    if own is not None:
        return own[0]
    noted = read_note(group.buckets)
    return None if noted is None else noted.tag


def assign(
    slices: Iterable[str], bound: Mapping[str, int], seen: Collection[int]
) -> dict[str, int]:
    """A tag for every slice: its own where the datapath knows it, otherwise the lowest that
    nothing bears. Raises TooManySlices."""
    taken = {*bound.values(), *seen}
    free = (tag for tag in range(1, layout.MAX_TAG + 1) if tag not in taken)
    tags: dict[str, int] = {}
    for name in slices:
        tag = bound.get(name)
        if tag is None:
            tag = next(free, None)
            if tag is None:
                raise TooManySlices(f"no tag is left for {name}, {layout.MAX_TAG} are in use")
        tags[name] = tag
    return tags
