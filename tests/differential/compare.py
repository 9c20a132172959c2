"""Compare: hold a conversation with both switches, and say in what they differ beside the list.

The sliver goes first: what it refuses as the list says is not said to the switch, so that both stay
equal for what follows. Invariant: an empty result means that a tenant could not have told the two
apart by this conversation, but by what the list has.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from slicer.openflow.dialect import Dialect
from slicer.openflow.header import xid_of
from slicer.openflow.messages import ErrorMessage, Message
from tests.differential import normal
from tests.differential.conversation import Conversation, Receive, Say, Step
from tests.differential.listed import ANSWERED, REFUSED, Refused
from tests.differential.normal import Said
from tests.differential.play import Outcome, Version, play
from tests.differential.switches import Side

_COMMON = {each.kind: each.common for each in ANSWERED}


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held with both."""

    conversation: Conversation
    direct: Outcome
    sliced: Outcome
    refused: dict[int, Refused]
    """The steps that the sliver alone refuses, as the list says."""
    differences: tuple[str, ...]


def hold(direct: Side, sliced: Side, version: Version, conversation: Conversation) -> Held:
    """Hold a conversation with the sliver, then with the switch, and compare."""
    dialect = version.dialect
    with_sliver = play(sliced, version, conversation)
    refused = {
        index: listed
        for index, step in enumerate(conversation)
        if isinstance(step, Say)
        and (listed := _listed(dialect, step.frame, with_sliver.answers[index])) is not None
    }
    with_switch = play(direct, version, conversation, refused.keys())
    found = tuple(_differences(dialect, conversation, with_switch, with_sliver, refused))
    return Held(conversation, with_switch, with_sliver, refused, found)


def _listed(dialect: Dialect, frame: bytes, answers: list[bytes]) -> Refused | None:
    """The entry of the list by which these answers, an error, refuse the frame."""
    if len(answers) != 1:
        return None
    message, answer = normal.said(dialect, frame), normal.said(dialect, answers[0])
    if not isinstance(answer, ErrorMessage) or not isinstance(message, Message):
        return None
    if answer.xid != xid_of(frame) or answer.data != frame:
        return None
    code = answer.type, answer.code
    for each in REFUSED:
        if code in [error[:2] for error in each.errors] and each.concerns(message):
            return each
    return None


def _differences(
    dialect: Dialect,
    conversation: Conversation,
    direct: Outcome,
    sliced: Outcome,
    refused: dict[int, Refused],
) -> Iterator[str]:
    if direct.ended != sliced.ended:
        yield f"the connection ends at: direct {direct.ended}, sliced {sliced.ended}"
    for index, (one, other) in enumerate(zip(direct.answers, sliced.answers, strict=True)):
        if one != other and index not in refused:
            yield from _unequal(
                f"answers to step {index}", _answers(dialect, one), _answers(dialect, other)
            )
    for index, (left, leaves) in enumerate(zip(direct.packets, sliced.packets, strict=True)):
        if left != leaves:
            yield from _unequal(f"packets at step {index}", _hex(left), _hex(leaves))
    for speaker, (one, other) in enumerate(zip(direct.unasked, sliced.unasked, strict=True)):
        if one != other:
            yield from _unequal(
                f"unasked, to controller {speaker}",
                normal.unasked(dialect, one),
                normal.unasked(dialect, other),
            )


def _unequal(what: str, direct: object, sliced: object) -> Iterator[str]:
    if direct != sliced:
        yield f"{what}:\n    direct: {direct}\n    sliced: {sliced}"


def _answers(dialect: Dialect, frames: list[bytes]) -> list[Said]:
    return [_common(each) for each in normal.answers(dialect, frames)]


def _common(answer: Said) -> Said:
    agreed = _COMMON.get(type(answer))  # type: ignore[arg-type]
    return agreed(answer) if agreed else answer


def _hex(packets: dict[int, list[bytes]]) -> dict[int, list[str]]:
    return {port: [packet.hex() for packet in each] for port, each in packets.items()}


def transcript(dialect: Dialect, held: Held) -> str:
    """What was said and what differed, for people."""
    lines = [
        f"{index:3}: {_line(dialect, step)}"
        + (
            f"    [only to the sliver: {held.refused[index].title}]"
            if index in held.refused
            else ""
        )
        for index, step in enumerate(held.conversation)
    ]
    return "\n".join([*lines, *held.differences])


def _line(dialect: Dialect, step: Step) -> str:
    if isinstance(step, Receive):
        return f"port {step.port:#x} receives {[packet.hex() for packet in step.packets]}"
    return f"controller {step.speaker} says {normal.said(dialect, step.frame)!r}"
