"""Compare: hold a conversation with both switches, and say in what they differ beside the list.

The sliver goes first: what it refuses as the list says is not said to the switch, so that both stay
equal for what follows. Invariant: an empty result means that a tenant could not have told the two
apart by this conversation, but by what the list has.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from slicer.openflow import constants as of
from slicer.openflow.dialect import Dialect
from slicer.openflow.header import xid_of
from slicer.openflow.messages import ErrorMessage, PacketIn
from tests.differential import normal
from tests.differential.conversation import Conversation, Receive, Say, Step
from tests.differential.entries import Asked, Refused, all_read, read
from tests.differential.lists import List
from tests.differential.normal import Said
from tests.differential.play import Outcome, Version, play
from tests.differential.switches import Side

LATE = 0.05
"""Seconds that a packet may take from the switch to a tap, at the worst."""


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
    with_sliver = play(sliced, version, conversation)
    refused = {
        index: listed
        for index, step in enumerate(conversation)
        if isinstance(step, Say)
        and (listed := _listed(version, step.frame, with_sliver.answers[index])) is not None
    }
    with_switch = play(direct, version, conversation, refused.keys())
    if with_switch.packets != with_sliver.packets:
        _wait_for_packets((direct, with_switch), (sliced, with_sliver))
    found = tuple(_differences(version, conversation, with_switch, with_sliver, refused))
    return Held(conversation, with_switch, with_sliver, refused, found)


def _wait_for_packets(*both: tuple[Side, Outcome]) -> None:
    """Linux may bring a packet late to who listens."""
    time.sleep(LATE)
    for side, outcome in both:
        outcome.hear_packets(side)


def _listed(version: Version, frame: bytes, answers: list[bytes]) -> Refused | None:
    """The entry of the list by which the sliver gives these answers, an error or none."""
    dialect = version.dialect
    said = [normal.said(dialect, answer) for answer in answers]
    errors = [each for each in said if isinstance(each, ErrorMessage)]
    if len(said) != len(errors) or len(errors) > 1:
        return None
    if any(each.xid != xid_of(frame) or each.data != frame for each in errors):
        return None
    found = [(each.type, each.code) for each in errors]
    asked = all_read(dialect, frame)
    for each in version.entries.refused:
        expected = [error[:2] for error in each.errors]
        if (found[0] in expected if found else not expected) and any(map(each.concerns, asked)):
            return each
    return None


def _differences(
    version: Version,
    conversation: Conversation,
    direct: Outcome,
    sliced: Outcome,
    refused: dict[int, Refused],
) -> Iterator[str]:
    if direct.ended != sliced.ended:
        yield f"the connection ends at: direct {direct.ended}, sliced {sliced.ended}"
    dialect, entries = version.dialect, version.entries
    if any(_comes(entries, step) for step in conversation):
        return
    said = (step.frame for step in conversation if isinstance(step, Say))
    asked = [each for frame in said for each in all_read(dialect, frame)]
    is_unclear = any(each.meeting(asked) for each in entries.apart)
    is_countless = is_unclear or any(
        each.counters(frame) for each in entries.apart for frame in asked
    )
    counted = normal.countless if is_countless else list[Said]
    is_missless = any(each.misses(frame) for each in entries.apart for frame in asked)
    noted = _without_misses if is_missless else list[Said]
    noted = _without_packet_ins if is_unclear else noted
    for index, (one, other) in enumerate(zip(direct.answers, sliced.answers, strict=True)):
        step = conversation[index] if index < len(conversation) else None
        if one == other or index in refused or _is_apart(entries, dialect, step):
            continue
        if _refused_otherwise(version, step, one, other):
            continue
        yield from _unequal(
            f"answers to step {index}",
            counted(_answers(version, one)),
            counted(_answers(version, other)),
        )
    if not is_unclear:
        yield from _unequal(
            "packets", _packets(entries, direct.packets), _packets(entries, sliced.packets)
        )
    for speaker, (one, other) in enumerate(zip(direct.unasked, sliced.unasked, strict=True)):
        if one != other:
            says = noted(counted(normal.unasked(dialect, other)))
            yield from _unequal(
                f"unasked, to controller {speaker}",
                _told(entries, asked, noted(counted(normal.unasked(dialect, one))), says),
                says,
            )


def _without_misses(told: list[Said]) -> list[Said]:
    return [
        each for each in told if not isinstance(each, PacketIn) or each.reason != of.OFPR_NO_MATCH
    ]


def _without_packet_ins(told: list[Said]) -> list[Said]:
    return [each for each in told if not isinstance(each, PacketIn)]


def _comes(entries: List, step: Step) -> bool:
    """Does a packet come in that sliver and switch take each in its own way?"""
    return isinstance(step, Receive) and any(
        packet in each.packets for each in entries.apart for packet in step.packets
    )


def _is_apart(entries: List, dialect: Dialect, step: Step | None) -> bool:
    """Is an answer one that each gives in its own way?"""
    return isinstance(step, Say) and any(
        each.answer(read(dialect, step.frame)) for each in entries.apart
    )


def _refused_otherwise(
    version: Version, step: Step | None, one: list[bytes], other: list[bytes]
) -> bool:
    """Do both refuse a frame, each with an error that the list has for it, or is the frame one
    that was given several faults?"""
    if not isinstance(step, Say) or len(one) != 1 or len(other) != 1:
        return False
    dialect = version.dialect
    direct, sliced = (normal.said(dialect, frame) for frame in (*one, *other))
    if not isinstance(direct, ErrorMessage) or not isinstance(sliced, ErrorMessage):
        return False
    if not direct.data == sliced.data == step.frame:
        return False
    codes = (direct.type, direct.code), (sliced.type, sliced.code)
    asked = all_read(dialect, step.frame)
    return step.faults > 1 or any(
        codes[0] == each.direct
        and codes[1] in [error[:2] for error in each.sliced]
        and any(map(each.concerns, asked))
        for each in version.entries.renamed
    )


def _unequal(what: str, direct: object, sliced: object) -> Iterator[str]:
    if direct != sliced:
        yield f"{what}:\n    direct: {direct}\n    sliced: {sliced}"


def _answers(version: Version, frames: list[bytes]) -> list[Said]:
    return [common(version.entries, each) for each in normal.answers(version.dialect, frames)]


def common(entries: List, answer: Said) -> Said:
    """What a sliver's answer has in common with a switch's."""
    agreed = next((each for each in entries.answered if isinstance(answer, each.kind)), None)
    return agreed.common(answer) if agreed else answer


def _told(entries: List, asked: list[Asked], direct: list[Said], sliced: list[Said]) -> list[Said]:
    """What the switch has told, as the list has a sliver tell it after these frames."""
    listed = [each for each in entries.told if any(map(each.concerns, asked))]
    direct = [each for each in direct if not any(one.is_untold(each) for one in entries.untold)]
    told: list[Said] = []
    for message, other in zip_longest(direct, sliced):
        for each in listed:
            if isinstance(message, each.kind) and isinstance(other, each.kind):
                message = each.expected(message, other)
        if message is not None:
            told.append(message)
    return told


def _packets(entries: List, left: dict[int, list[bytes]]) -> dict[int, list[str]]:
    parts = {port: list(_common_packets(entries, packets)) for port, packets in left.items()}
    return {port: packets for port, packets in parts.items() if packets}


def _common_packets(entries: List, packets: list[bytes]) -> Iterator[str]:
    for packet in packets:
        common: bytes | None = packet
        for each in entries.sent:
            common = None if common is None else each.common(common)
        if common is not None:
            yield common.hex()


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
