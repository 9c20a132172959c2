"""Apart: conversations in OpenFlow 1.0 in which flows that overlap have different priorities.

OpenFlow 1.0 doesn't say which of two flows of one priority a packet meets. Invariant: what had one
priority and one match has one priority still, and what had a higher one has a higher one still.
"""

from collections import Counter
from dataclasses import replace
from struct import pack_into
from typing import Final

from slicer.flowspace.match import Match as Region
from slicer.openflow.v10 import V10
from tests.differential.conversation import Conversation, Say, Step
from tests.differential.entries import read
from tests.differential.listed_clip import placed

_PRIORITY_AT: Final = 62
"""Where a flow-mod has its priority (OpenFlow 1.0 5.3.3)."""
_ROOM: Final = 20
"""So many flow-mods, at most, are in a conversation."""
_LAST: Final = 0xFFFF


def apart(conversation: Conversation) -> Conversation:
    """The same with a priority of its own for each match."""
    known: dict[tuple[int, Region], int] = {}
    used: Counter[int] = Counter()

    def moved(step: Step) -> Step:
        place = placed(read(V10, step.frame)) if isinstance(step, Say) else None
        if not isinstance(step, Say) or place is None or step.faults:
            return step
        if place not in known:
            known[place] = _nth(place[0], used[place[0]])
            used[place[0]] += 1
        frame = bytearray(step.frame)
        pack_into("!H", frame, _PRIORITY_AT, known[place])
        return replace(step, frame=bytes(frame))

    return tuple(map(moved, conversation))


def _nth(priority: int, number: int) -> int:
    """Priorities are spread, with room between those that follow each other."""
    if priority == _LAST:
        return _LAST - number
    return (priority * _ROOM if priority < _ROOM else priority + _ROOM) + number
