"""Whether every port that the policy would listen at can be had.

A `ptcp` controller or watcher takes one port per sliver, from its base on. Invariant: no two things
that a policy that passes asks for listen at one address and port.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from slicer.policy.document import Place
from slicer.policy.endpoints import Endpoint, Listen, is_among_every
from slicer.policy.report import Report
from slicer.policy.slices import PlacedController
from slicer.policy.values import UNNAMED_DATAPATHS, DatapathFacts


@dataclass(frozen=True, slots=True)
class _Block:
    """Ports `first` to `last` of a host, and what they are for."""

    host: str
    first: int
    last: int
    purpose: str

    def clashes(self, other: "_Block") -> bool:
        shared = max(self.first, other.first)
        apart = shared > min(self.last, other.last)
        return not apart and Endpoint(self.host, shared).clashes(Endpoint(other.host, shared))

    def __str__(self) -> str:
        ports = f"{self.first}-{self.last}" if self.first < self.last else f"{self.first}"
        return f"ports {ports} {self.purpose}"


def check_listening(
    listen: Mapping[Endpoint, Place],
    controllers: Sequence[PlacedController],
    datapaths: Mapping[int, DatapathFacts] | None,
    report: Report,
) -> None:
    """Notes the ports that are asked for twice, that do not exist, or that are our own."""
    count = UNNAMED_DATAPATHS if datapaths is None else max(1, len(datapaths))
    taken = [_Block(end.host, end.port, end.port, "of `listen`") for end in listen]
    for placed in controllers:
        if isinstance(placed.controller, Listen):
            _take(placed, placed.controller.base, count, datapaths is None, taken, report)
        elif any(_reaches(placed.controller.endpoint, end) for end in listen):
            found = f"{placed.controller}, where the slicer itself listens for datapaths"
            report.problem(placed.place, found, "a tenant controller's address")


def _take(
    placed: PlacedController,
    base: Endpoint,
    count: int,
    unnamed: bool,
    taken: list[_Block],
    report: Report,
) -> None:
    last = base.port + count - 1
    if last > 65535:
        if not unnamed:
            found = f"{placed.controller} with {count} datapaths, which needs ports up to {last}"
            report.problem(placed.place, found, f"a port up to {65536 - count}")
        last = 65535
    block = _Block(base.host, base.port, last, f"of slice {placed.slice}")
    clash = next((other for other in taken if other.clashes(block)), None)
    if clash is not None:
        hint = "ports of their own"
        if unnamed:
            hint += f" ({count} without a `datapaths` section, one for each there)"
        report.problem(placed.place, f"{block}, which overlap {clash}", hint)
    taken.append(block)


def _reaches(dialled: Endpoint, listening: Endpoint) -> bool:
    """Whether connecting to one endpoint ends at the other."""
    if dialled.port != listening.port:
        return False
    return dialled.host == listening.host or (
        _is_loopback(dialled.host) and is_among_every(dialled.host, listening.host)
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
