"""Lending: what an idle slice leaves of a port goes to the others, and comes back when it wants it.

The control law of one port, without a clock or a switch: it is told at even intervals what each
slice has offered to the port and whether some of that was dropped, and says what each may send from
then on. Somebody who was held back wants all that it can have; of anybody else the most that it
offered lately, and something on top, is what it wants. Wants are divided max-min (`maxmin.py`), and
what nobody wants is spread by weight, so that whoever starts has something to start with.

Wants are rounded up to steps and fall only when they are a step and more below, so a steady traffic
gives steady rates. Invariant: the rates add up to no more than the capacity, and nobody's is above
its ceiling; while everybody wants all it can have, each has what its guarantee and weight give.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from slicer.isolation.entitlements import Bounds
from slicer.isolation.maxmin import Claim, divide

REMEMBERED = 4
"""For so many intervals a slice keeps what it wanted: traffic with pauses keeps its rate."""
STEPS = 20
"""Wants are multiples of this part of the capacity."""
RESERVE = 50
"""This part of the capacity is divided by weight among all whatever they want, to start with."""
_ROOM_NUMERATOR, _ROOM_DENOMINATOR = 5, 4
"""A want is so many times what was offered."""
_FULL_NUMERATOR, _FULL_DENOMINATOR = 9, 10
"""Who offers this part of its rate is as good as held back: what comes in bursts is."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One interval of one slice: what it offered, in bit/s, and whether some was dropped."""

    offered: int
    was_dropped: bool


class Lending:
    """What each of a port's slices may send, in bit/s. Starts from what they would have if all
    wanted everything."""

    def __init__(self, capacity: int, bounds: Mapping[str, Bounds]) -> None:
        self.capacity = capacity
        self.bounds = dict(bounds)
        self._wants: dict[str, deque[int]] = {name: deque(maxlen=REMEMBERED) for name in bounds}
        self._levels = {name: bound.ceiling for name, bound in self.bounds.items()}
        self.rates = self._divide()

    def observe(self, samples: Mapping[str, Sample]) -> Mapping[str, int]:
        """The rates from now on, after an interval. A slice without a sample keeps its wants."""
        for name, sample in samples.items():
            self._wants[name].append(self._want(name, sample))
            self._levels[name] = self._level(name)
        self.rates = self._divide()
        return self.rates

    def _want(self, name: str, sample: Sample) -> int:
        rate = self.rates[name]
        is_full = sample.offered * _FULL_DENOMINATOR >= rate * _FULL_NUMERATOR
        if sample.was_dropped or (sample.offered and is_full):
            return self.bounds[name].ceiling
        return sample.offered * _ROOM_NUMERATOR // _ROOM_DENOMINATOR

    def _level(self, name: str) -> int:
        want, level = max(self._wants[name]), self._levels[name]
        step = max(self.capacity // STEPS, 1)
        ceiling = self.bounds[name].ceiling
        if level < ceiling and level - 2 * step < want <= level and want > step:
            return level
        return min(-(-want // step) * step, ceiling)

    def _divide(self) -> dict[str, int]:
        weights = sum(bound.weight for bound in self.bounds.values())
        claims = {
            name: Claim(
                bound.guarantee,
                bound.weight,
                min(
                    max(self._levels[name], self.capacity * bound.weight // (RESERVE * weights)),
                    bound.ceiling,
                ),
            )
            for name, bound in self.bounds.items()
        }
        given = divide(self.capacity, claims)
        left = self.capacity - sum(given.values())
        spare = divide(
            left,
            {
                name: Claim(0, bound.weight, bound.ceiling - given[name])
                for name, bound in self.bounds.items()
            },
        )
        return {name: given[name] + spare[name] for name in given}
