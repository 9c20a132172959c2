"""Normal: what an outcome says, without what no two switches have in common.

That is durations; the order of entries and the parts of a statistics reply, the order of the ports
in a features reply, and the order in which flows are removed by one request, none of which OpenFlow
fixes. Nothing else is left out here.
Invariant: normal(normal(x)) == normal(x), and frames that nobody can read stay as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import MalformedError
from slicer.openflow.messages import FlowRemoved, Message

Said = Message | bytes
"""A message, or the frame itself where it can't be read."""


def said(dialect: Dialect, frame: bytes) -> Said:
    """What a frame says."""
    try:
        return dialect.decode(frame)
    except MalformedError:
        return frame


def heard(dialect: Dialect, frame: bytes) -> Said:
    """What a switch's frame says, where that is all that there is in it."""
    message = said(dialect, frame)
    if isinstance(message, Message) and dialect.encode(message) != frame:
        return frame
    return message


def answers(dialect: Dialect, frames: Sequence[bytes]) -> list[Said]:
    """The answers to one request, the parts of a reply as one."""
    whole: list[Said] = []
    for message in (heard(dialect, frame) for frame in frames):
        last: Any = whole[-1] if whole else None
        part: Any = message
        if getattr(last, "more", False) and type(last) is type(part):
            whole[-1] = replace(part, entries=last.entries + part.entries)
        else:
            whole.append(message)
    return [_sorted(_timeless(message)) for message in whole]


def unasked(dialect: Dialect, frames: Iterable[bytes]) -> list[Said]:
    """What a controller heard unasked: flow-removed last and sorted, the rest as it came."""
    return _removed_last([_timeless(heard(dialect, frame)) for frame in frames])


def _removed_last(messages: Sequence[Said]) -> list[Said]:
    removed = [message for message in messages if isinstance(message, FlowRemoved)]
    others = [message for message in messages if not isinstance(message, FlowRemoved)]
    return [*others, *sorted(removed, key=repr)]


def _timeless(message: Any) -> Said:
    if hasattr(message, "duration_sec"):
        return replace(message, duration_sec=0, duration_nsec=0)  # type: ignore[no-any-return]
    if any(hasattr(entry, "duration_sec") for entry in getattr(message, "entries", ())):
        return replace(message, entries=tuple(map(_timeless, message.entries)))  # type: ignore[no-any-return]
    return message  # type: ignore[no-any-return]


def _sorted(message: Any) -> Said:
    for listing in ("entries", "ports"):
        if hasattr(message, listing):
            ordered = tuple(sorted(getattr(message, listing), key=repr))
            message = replace(message, **{listing: ordered})
    return message  # type: ignore[no-any-return]


def countless(messages: Iterable[Said]) -> list[Said]:
    """Without what flows have counted, which isn't to say in what order they are either."""
    return _removed_last([_without_counts(message) for message in messages])


def _without_counts(message: Any) -> Said:
    if hasattr(message, "packet_count"):
        return replace(message, packet_count=0, byte_count=0)  # type: ignore[no-any-return]
    if hasattr(message, "entries"):
        entries = (_without_counts(entry) for entry in message.entries)
        return replace(message, entries=tuple(sorted(entries, key=repr)))  # type: ignore[no-any-return]
    return message  # type: ignore[no-any-return]
