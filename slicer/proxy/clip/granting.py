"""Granting: whether what a piece sends is still the slice's, for all of its packets.

The piece's packets are known exactly: those of its region that no other slice's rule takes first.
Where some of them may leave by a port and others may not, the answer is how to divide the piece.
Not here: matches and messages. Invariant: `Grant.YES` means that every packet of the piece that
can come there is, where it goes and as it is then, the slice's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from itertools import chain

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.match import Match as Region
from slicer.proxy.clip.effort import Effort
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.regions import Held
from slicer.proxy.clip.rewriting import Rewrite

_PORT = FIELDS["port"].place


class Grant(Enum):
    """May the packets leave?"""

    YES = auto()
    NO = auto()


Verdict = Grant | Region
"""A region: some may and some may not, and those in it are to be asked about on their own."""


def verdict(layers: Layers, held: Held, piece: Region, rewrite: Rewrite, effort: Effort) -> Verdict:
    """May the packets of `piece`, a part of what `held` gives to its slice, leave as `rewrite`
    makes them? The port they leave by is a part of the rewrite. Raises Inexpressible where it
    takes more effort to find out."""
    if not rewrite.mask or (rewrite.mask == _PORT and not layers.name_ports):
        # Nothing has changed by which anybody could own it who did not own it when it came.
        return Grant.YES
    met = _met(layers, held, piece, rewrite, effort)
    first = next(met, None)
    if first is None:
        return Grant.NO
    if first[1].contains(piece):
        return _grant(first[0])
    left = _arriving(layers, held, piece, effort)
    granted: list[Region] = []
    denied: list[Region] = []
    for is_own, region in chain((first,), met):
        effort.spend(len(left))
        if any(each.overlaps(region) for each in left):
            (granted if is_own else denied).append(region)
            left = _without(left, [region], effort)
            if not left:
                break
    if not granted:
        return _grant(not denied and not left)
    if not denied and not left:
        return Grant.YES
    return granted[0] if not granted[0].contains(piece) else denied[0]


def _met(
    layers: Layers, held: Held, piece: Region, rewrite: Rewrite, effort: Effort
) -> Iterator[tuple[bool, Region]]:
    """(is it the slice's, the packets of the piece that meet it) of each region that a packet of
    the piece's may be in when it leaves, those that decide first."""
    for other in layers.held(rewrite.image(piece)):
        effort.spend()
        before = rewrite.preimage(other.region)
        shared = piece & before if before is not None else None
        if shared is None:
            continue
        is_own = other.slice == held.slice
        if not is_own and other.rank < held.rank and _takes(other, shared):
            continue
        yield is_own, shared


def _takes(other: Held, shared: Region) -> bool:
    """Does another slice's rule take these packets when they come in already?"""
    return any(region.contains(shared) for region in other.rule.regions)


def _arriving(layers: Layers, held: Held, piece: Region, effort: Effort) -> list[Region]:
    """The packets of the piece that no other slice's rule takes first."""
    return _without([piece], (other.region for other in layers.above(held, piece)), effort)


def _without(pieces: list[Region], regions: Iterable[Region], effort: Effort) -> list[Region]:
    for region in regions:
        effort.spend(len(pieces))
        pieces = [rest for piece in pieces for rest in piece.subtract(region)]
    return pieces


def _grant(is_granted: bool) -> Grant:
    return Grant.YES if is_granted else Grant.NO
