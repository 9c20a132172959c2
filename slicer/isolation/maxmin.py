"""Max-min: how a capacity is divided among those that want some of it.

Weighted max-min fairness with a least and a most for each: first everybody gets its guarantee, or
what it wants where that is less; what is left goes to all that want more in proportion to their
weights, and what one of them has no use for goes to the others ("progressive filling", Bertsekas
and Gallager, Data Networks, 6.5.2). Whole numbers throughout, so the result is exact and the same
on every machine; what a division leaves over, less than one unit for each, goes to the first.

Invariant: the sum is the capacity, or all that is wanted where that is less; nobody gets more than
it wants, or less than its guarantee while it wants that much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Claim:
    """What one asks for: at least `guarantee` where it wants so much, at most `wanted`, and of
    what is left over a part of `weight`. In units of the caller's, say bit/s.

    Raises ValueError for a negative quantity or a weight below 1.
    """

    guarantee: int
    weight: int
    wanted: int

    def __post_init__(self) -> None:
        if min(self.guarantee, self.wanted) < 0 or self.weight < 1:
            raise ValueError(f"found {self}, expected no negative quantity and a weight of 1 or up")

    @property
    def floor(self) -> int:
        """What it gets whatever the others want."""
        return min(self.guarantee, self.wanted)


def divide(capacity: int, claims: Mapping[Name, Claim]) -> dict[Name, int]:
    """What each gets of the capacity. Where the floors alone are more than there is, they are
    divided in proportion to themselves. Raises ValueError for a negative capacity."""
    if capacity < 0:
        raise ValueError(f"found a capacity of {capacity}, expected 0 or more")
    floors = {name: claim.floor for name, claim in claims.items()}
    if sum(floors.values()) >= capacity:
        return _in_proportion(capacity, floors)
    return _fill(capacity, claims, floors)


def _in_proportion(capacity: int, floors: Mapping[Name, int]) -> dict[Name, int]:
    total = sum(floors.values())
    if not total:
        return dict(floors)
    given = {name: capacity * floor // total for name, floor in floors.items()}
    return _give_rest(capacity - sum(given.values()), given, floors)


def _fill(
    capacity: int, claims: Mapping[Name, Claim], floors: Mapping[Name, int]
) -> dict[Name, int]:
    """Give to all in proportion to their weights until one has what it wants; then go on without
    it. Each round settles one at least."""
    given = dict(floors)
    hungry = {name: claim for name, claim in claims.items() if claim.wanted > given[name]}
    left = capacity - sum(given.values())
    while hungry:
        weights = sum(claim.weight for claim in hungry.values())
        settled = [
            name
            for name, claim in hungry.items()
            if (claim.wanted - given[name]) * weights <= left * claim.weight
        ]
        if not settled:
            break
        for name in settled:
            claim = hungry.pop(name)
            left -= claim.wanted - given[name]
            given[name] = claim.wanted
    weights = sum(claim.weight for claim in hungry.values())
    extra = {name: left * claim.weight // weights for name, claim in hungry.items()}
    given |= {name: given[name] + more for name, more in extra.items()}
    most = {name: claim.wanted for name, claim in hungry.items()}
    return _give_rest(left - sum(extra.values()), given, most)


def _give_rest(rest: int, given: dict[Name, int], most: Mapping[Name, int]) -> dict[Name, int]:
    for name, limit in most.items():
        if rest and given[name] < limit:
            given[name] += 1
            rest -= 1
    return given
