"""Rule: one prioritised line of a flowspace, and who it makes the owner.

A rule is a value; what many of them mean together is the work of `space.py`.
Invariant: a point is in a rule exactly when it is in one of the rule's regions.
"""

from dataclasses import dataclass, field

from slicer.flowspace.match import Match


@dataclass(frozen=True, slots=True)
class Rule:
    """`slice` owns what `match` describes, at these ports of these datapaths.

    `datapaths` are dpids and `ports` OpenFlow port numbers; None stands for all of them.
    Of two rules that hold for a point, the one of higher priority decides.
    `regions` are the matches with each port in them.
    """

    slice: str
    priority: int
    match: Match
    datapaths: frozenset[int] | None = None
    ports: frozenset[int] | None = None
    regions: tuple[Match, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "regions", regions_at(self.match, self.ports))

    @property
    def scope(self) -> "Scope":
        """Whose rule it is and where."""
        return Scope(self.slice, self.datapaths)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the rules of one slice for one set of datapaths have in common."""

    slice: str
    datapaths: frozenset[int] | None

    def meets(self, datapaths: frozenset[int] | None) -> bool:
        """Whether some datapath is in this scope and in `datapaths`."""
        if self.datapaths is None or datapaths is None:
            return True
        return not self.datapaths.isdisjoint(datapaths)

    def covers(self, datapaths: frozenset[int] | None) -> bool:
        """Whether every one of `datapaths` is in this scope."""
        if self.datapaths is None:
            return True
        return datapaths is not None and datapaths <= self.datapaths


def regions_at(match: Match, ports: frozenset[int] | None) -> tuple[Match, ...]:
    """The match once for each of the ports; the match itself where `ports` is None."""
    if ports is None:
        return (match,)
    each = (match & Match.of(port=port) for port in sorted(ports))
    return tuple(region for region in each if region is not None)
