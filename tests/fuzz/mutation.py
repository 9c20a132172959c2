"""Mutation: frames made of a corpus's, broken in the ways that parsers break at.

A frame is taken from the corpus, something in it is overwritten, inserted, removed, doubled or
taken from another, and most often its length field is made right again, as what can't be framed
never gets far. Invariant: the same random numbers give the same frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

ODD_BYTES = (0, 1, 2, 4, 7, 8, 0x0F, 0x10, 0x7F, 0x80, 0xF8, 0xFC, 0xFD, 0xFE, 0xFF)
ODD_WORDS = (0, 1, 4, 8, 16, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFEFF, 0xFF00, 0xFFF8, 0xFFFB, 0xFFFF)
ODD_LONGS = (0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FF00, 0xFFFF_FFF9, 0xFFFF_FFFD, 0xFFFF_FFFF)
SHORTEST, LONGEST = 8, 0xFFFF
MOST_CHANGES = 4

Change = Callable[[bytearray, Random, Sequence[bytes]], None]


def _flip(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
    frame[random.randrange(len(frame))] ^= 1 << random.randrange(8)


def _byte(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
    frame[random.randrange(len(frame))] = random.choice(ODD_BYTES)


def _number(size: int, odd: Sequence[int]) -> Change:
    def change(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
        at = random.randrange(0, max(len(frame) - size, 1), 2)
        if at + size <= len(frame):
            frame[at : at + size] = random.choice(odd).to_bytes(size, "big")

    return change


def _insert(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
    at = random.randrange(SHORTEST, len(frame) + 1)
    frame[at:at] = random.randbytes(random.choice((1, 4, 8, 16)))


def _remove(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
    if len(frame) > SHORTEST:
        at = random.randrange(SHORTEST, len(frame))
        del frame[at : at + random.choice((1, 4, 8, 16))]


def _double(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
    at = random.randrange(0, len(frame), 4)
    size = random.choice((4, 8, 16, 24, 40))
    frame[at:at] = frame[at : at + size]


def _splice(frame: bytearray, random: Random, corpus: Sequence[bytes]) -> None:
    other = random.choice(corpus)
    at = random.randrange(0, len(frame), 8)
    frame[at:] = other[at:]


_CHANGES: tuple[Change, ...] = (
    *(_flip, _byte, _insert, _remove, _double, _splice),
    *(_number(2, ODD_WORDS), _number(4, ODD_LONGS)),
)


def mutated(corpus: Sequence[bytes], random: Random) -> bytes:
    """A frame of at least 8 bytes whose length field is right 127 times of 128."""
    frame = bytearray(random.choice(corpus))
    for _ in range(random.randint(0, MOST_CHANGES)):
        random.choice(_CHANGES)(frame, random, corpus)
        if len(frame) < SHORTEST:
            frame += bytes(SHORTEST - len(frame))
    del frame[LONGEST:]
    if random.randrange(128):
        frame[2:4] = len(frame).to_bytes(2, "big")
    return bytes(frame)
