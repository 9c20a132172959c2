"""Entitlements: what each slice may have of one datapath, in numbers.

Shares are the policy's, in bit/s or per cent; here they are held against a port's capacity. How a
datapath keeps to it (meters, queues) is not known here. Invariant: 0 <= guarantee <= ceiling <=
capacity for every bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor
from types import MappingProxyType

from slicer.isolation.rates import Percent, Rate
from slicer.isolation.shares import Share


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a slice gets of one port: `guarantee` and `ceiling` in bit/s, and its weight."""

    guarantee: int
    weight: int
    ceiling: int


def bits(bandwidth: Rate | Percent, capacity: int) -> int:
    """A rate, or a part of a capacity in bit/s, as a whole number of bit/s."""
    if isinstance(bandwidth, Rate):
        return bandwidth.bits_per_second
    return floor(capacity * bandwidth.percent / 100)


def bounds(share: Share, capacity: int) -> Bounds:
    """A share of a port of that capacity in bit/s. What is above the capacity is cut."""
    ceiling = capacity if share.ceiling is None else min(bits(share.ceiling, capacity), capacity)
    guarantee = 0 if share.guarantee is None else min(bits(share.guarantee, capacity), ceiling)
    return Bounds(guarantee, share.share, ceiling)


@dataclass(frozen=True, slots=True)
class PortShares:
    """A port that is shared out: its capacity in bit/s (None where nobody knows), and the share of
    each slice that has the port."""

    capacity: int | None
    shares: Mapping[str, Share]

    @property
    def limited(self) -> Mapping[str, Bounds]:
        """The slices that something holds back here. One that has the port to itself, without a
        ceiling, needs none; where the capacity isn't known, only ceilings in bit/s hold."""
        if self.capacity is None:
            return {
                name: Bounds(0, share.share, share.ceiling.bits_per_second)
                for name, share in self.shares.items()
                if isinstance(share.ceiling, Rate)
            }
        held = {name: bounds(share, self.capacity) for name, share in self.shares.items()}
        alone = len(held) == 1 and all(each.ceiling == self.capacity for each in held.values())
        return {} if alone else held

    @property
    def overbooked(self) -> int:
        """By how many bit/s the guarantees exceed the capacity; 0 where they don't."""
        if self.capacity is None:
            return 0
        asked = (share.guarantee for share in self.shares.values())
        total = sum(bits(each, self.capacity) for each in asked if each is not None)
        return max(total - self.capacity, 0)

    @property
    def is_vague(self) -> bool:
        """Is something asked for that takes a capacity to be known?"""
        return self.capacity is None and any(
            share.guarantee is not None or share.share != 1 or isinstance(share.ceiling, Percent)
            for share in self.shares.values()
        )


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What slices may have of a datapath: of its ports, by number, those that are shared out; and
    how many packet-ins a second, by slice, where that is limited."""

    ports: Mapping[int, PortShares] = field(default_factory=lambda: MappingProxyType({}))
    packet_ins: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
