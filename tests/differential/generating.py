"""Generating: conversations of any version, out of the messages of one.

What the generators of the versions have in common: how often what is said, broken frames, packets
that come in. Invariant: no more than framing is known of a frame here.
"""

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from slicer.openflow import constants as of
from tests.differential import packets as p
from tests.differential.conversation import Conversation, Receive, Say

packets: Final = st.sampled_from(p.PLAIN * 2 + p.TAGGED + p.ODD + p.DOUBLY_TAGGED)
received: Final = st.builds(
    Receive,
    st.sampled_from((1, 1, 2, 3, of.OFPP_LOCAL)),
    st.lists(packets, min_size=1, max_size=3).map(tuple),
)


def weighted(*choices: tuple[int, SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """One of these strategies, as often as their weights say: `one_of` would count the branches
    of those that are such choices themselves."""
    drawn = [strategy for weight, strategy in choices for _ in range(weight)]
    return st.sampled_from(range(len(drawn))).flatmap(drawn.__getitem__)


@st.composite
def malformed(draw: st.DrawFn, sound: SearchStrategy[bytes], first_unknown: int) -> bytes:
    """A sound frame with a byte changed, cut short, made longer, or of a type that isn't one; its
    framing stays sound. Types are unknown from `first_unknown` on."""
    frame = bytearray(draw(sound))
    way = draw(st.integers(0, 3))
    if way == 0:
        del frame[draw(st.integers(8, len(frame))) :]
    elif way == 1:
        frame += bytes(draw(st.sampled_from((1, 4, 8, 16))))
    elif way == 2 and len(frame) > 8:
        at = draw(st.integers(8, len(frame) - 1))
        frame[at] ^= draw(st.sampled_from((1, 0x80, 0xFF, 0x08, 0x10)))
    else:
        frame[1] = draw(st.integers(first_unknown, 255))
    frame[2:4] = len(frame).to_bytes(2, "big")
    return bytes(frame)


Faulty = tuple[bytes, int]
"""A frame, and how many faults it was given."""


def said(
    frames: SearchStrategy[bytes],
    faulty: SearchStrategy[Faulty],
    broken: SearchStrategy[bytes],
    speaker: SearchStrategy[int],
) -> SearchStrategy[Say]:
    """What a controller says: frames for the most part, faulty ones, and broken ones."""
    return weighted(
        (14, st.builds(Say, frames, speaker)),
        (2, st.builds(lambda made, by: Say(made[0], by, made[1]), faulty, speaker)),
        (1, st.builds(Say, broken, speaker, st.just(2))),
    )


@st.composite
def conversations(
    draw: st.DrawFn,
    opening: SearchStrategy[bytes],
    said_by: dict[bool, SearchStrategy[Say]],
    look_back: tuple[Say, ...],
) -> Conversation:
    """One controller's conversation, and now and then one of two controllers: `said_by` has what
    either says under True."""
    first = draw(st.lists(opening.map(Say), min_size=1, max_size=4))
    say = said_by[draw(st.integers(0, 5)) == 0]
    then = st.lists(weighted((3, say), (1, received)), min_size=1, max_size=7)
    return (*first, *draw(then), draw(received), *look_back)


ONE: Final = st.just(0)
EITHER: Final = st.sampled_from((0, 0, 1))
"""Who speaks, 0 or 1."""
