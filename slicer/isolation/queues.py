"""Queues: what each slice's queue of a shared port is to have, for a switch that shapes by itself.

A queue gets `least` whenever it wants it and borrows what the others leave, up to `most`: so no
control loop is needed. How queues are made is not known here. Invariant: what a port's queues have
at least adds up to its capacity at most, and no queue has more at least than at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.isolation.maxmin import Claim, divide

MOST_CAPACITY = (1 << 32) * 8 - 8
"""bit/s. Linux counts in bytes a second; Open vSwitch before 3.2 tells it of 32 bits of them."""


@dataclass(frozen=True, slots=True)
class QueueRate:
    """What one slice's queue lets through, in bit/s."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PortQueues:
    """A port's capacity in bit/s, and the queue of each slice that is held back there."""

    capacity: int
    rates: Mapping[str, QueueRate]


def queues_of(entitlements: Entitlements) -> dict[int, PortQueues]:
    """The queues of a datapath, by port. A port whose capacity nobody knows, or is too much for
    Linux's queues, has none."""
    made = {number: _queues(port) for number, port in entitlements.ports.items()}
    return {number: each for number, each in made.items() if each is not None}


def _queues(port: PortShares) -> PortQueues | None:
    held = port.limited
    if port.capacity is None or port.capacity > MOST_CAPACITY or not held:
        return None
    claims = {
        name: Claim(bounds.guarantee, bounds.weight, bounds.ceiling)
        for name, bounds in held.items()
    }
    entitled = divide(port.capacity, claims)
    rates = {name: QueueRate(entitled[name], bounds.ceiling) for name, bounds in held.items()}
    return PortQueues(port.capacity, rates)
