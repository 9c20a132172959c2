"""Share: what a slice gets of a port's capacity.

A value; how shares become meters or queues is not known here.
Invariant: a guarantee never exceeds a ceiling that is written in the same unit.
"""

from dataclasses import dataclass
from typing import ClassVar

from slicer.isolation.rates import Percent, QuantityError, Rate


@dataclass(frozen=True, slots=True)
class Share:
    """`guarantee` is the least a slice gets, `share` its weight in what is left over,
    `ceiling` the most. None is no guarantee, or no ceiling but the port's capacity.

    Raises QuantityError when the weight is not 1 to MAX_WEIGHT, or when the guarantee is
    more than the ceiling.
    """

    guarantee: Rate | Percent | None = None
    share: int = 1
    ceiling: Rate | Percent | None = None

    MAX_WEIGHT: ClassVar[int] = 1_000_000

    def __post_init__(self) -> None:
        if not 1 <= self.share <= self.MAX_WEIGHT:
            raise QuantityError(f"a share of {self.share}", f"1 to {self.MAX_WEIGHT}")
        if _exceeds(self.guarantee, self.ceiling):
            raise QuantityError(
                f"a guarantee of {self.guarantee}", f"at most the ceiling of {self.ceiling}"
            )


def _exceeds(low: Rate | Percent | None, high: Rate | Percent | None) -> bool:
    if isinstance(low, Rate) and isinstance(high, Rate):
        return low.bits_per_second > high.bits_per_second
    if isinstance(low, Percent) and isinstance(high, Percent):
        return low.percent > high.percent
    return False
