"""Bandwidth as people write it: `100M`, `64k`, `1.5G`, a number of bit/s, or `30%`.

Values only, nothing is measured or enforced here. Prefixes are powers of 1000, as for links.
Invariant: a rate is a whole, positive number of bit/s; a percentage is above 0 and at most 100.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

MAX_RATE = 10**15
"""The largest rate taken, in bit/s: what is larger is a slip of the pen."""

_PREFIXES = MappingProxyType({"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12})
_RATE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([kMGT]?)(?:bit/s|bps)?", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?) ?%", re.ASCII)
_FORMS = "a rate in bit/s such as 64k, 100M, 1.5G"


class QuantityError(ValueError):
    """A quantity that means nothing: says what was found and what was expected."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in bit/s. Raises QuantityError unless it is from 1 to MAX_RATE."""

    bits_per_second: int

    def __post_init__(self) -> None:
        if not 1 <= self.bits_per_second <= MAX_RATE:
            raise QuantityError(f"{self.bits_per_second} bit/s", f"1 to {MAX_RATE} bit/s")

    def __str__(self) -> str:
        fitting = [p for p, factor in _PREFIXES.items() if self.bits_per_second % factor == 0]
        return f"{self.bits_per_second // _PREFIXES[fitting[-1]]}{fitting[-1]}"


@dataclass(frozen=True, slots=True)
class Percent:
    """A part of a port's capacity. Raises QuantityError unless above 0 and at most 100."""

    percent: Fraction

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise QuantityError(f"{float(self.percent):g} %", "above 0 and at most 100 %")

    def __str__(self) -> str:
        return f"{float(self.percent):g}%"


def parse_bandwidth(text: str | int) -> Rate | Percent:
    """`100M`, `1.5G`, 64000 (bit/s) or `30%`; raises QuantityError for anything else."""
    if isinstance(text, str) and (percent := _PERCENT.fullmatch(text)):
        return Percent(Fraction(percent[1]))
    return parse_rate(text)


def parse_rate(text: str | int) -> Rate:
    """`100M`, `1.5G` or 64000 (bit/s); raises QuantityError for anything else."""
    if isinstance(text, int):
        return Rate(text)
    rate = _RATE.fullmatch(text)
    if rate is None:
        raise QuantityError(repr(text), _FORMS)
    bits = Fraction(rate[1]) * _PREFIXES[rate[2]]
    if bits.denominator != 1:
        raise QuantityError(repr(text), "a whole number of bit/s")
    return Rate(int(bits))
