"""The `shares` of a slice: what it gets of its ports' rates, everywhere and at single ports.

Invariant: what is said of one port holds there in place of what is said of all, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from slicer.isolation.rates import Percent, QuantityError, Rate, parse_bandwidth
from slicer.isolation.shares import Share
from slicer.policy.document import Node
from slicer.policy.ends import END_FORM, Ends
from slicer.policy.reading import entries_of, known_entries, number_of, quantity_of, quoted
from slicer.policy.report import Report
from slicer.policy.values import PortKey, PortShare

_SHARE_KEYS = ("guarantee", "share", "ceiling")
_AT = "at"


@dataclass(frozen=True, slots=True)
class Shares:
    """A slice's share of its ports, and of those for which the policy says something else."""

    share: Share
    at: Mapping[PortKey, PortShare]


NO_SHARES = Shares(Share(), MappingProxyType({}))
"""What a slice has that says nothing of shares."""


def read_shares(node: Node, ends: Ends, report: Report) -> Shares | None:
    """What is written here; None where something is wrong with it."""
    keys = known_entries(node, report, (*_SHARE_KEYS, _AT))
    if keys is None:
        return None
    ports = keys.pop(_AT, None)
    share = _share(node, keys, Share(), report)
    if share is None:
        return None
    at = {} if ports is None else _at(ports.value, share, ends, report)
    return Shares(share, MappingProxyType(at))


def _at(node: Node, general: Share, ends: Ends, report: Report) -> dict[PortKey, PortShare]:
    expected = f"a mapping from {END_FORM} to its shares"
    found: dict[PortKey, PortShare] = {}
    for entry in entries_of(node, report, expected) or ():
        port = ends.read(entry.key, entry.place, report)
        keys = known_entries(entry.value, report, _SHARE_KEYS)
        if port is None or keys is None:
            continue
        if port in found:
            report.problem(entry.place, f"{quoted(entry.key)} again", "each port once")
        share = _share(entry.value, keys, general, report)
        if share is not None:
            found.setdefault(port, PortShare(share, entry.place))
    return found


def _share(node: Node, keys: Mapping[str, Any], general: Share, report: Report) -> Share | None:
    """A share with these keys, and for the others as in general."""
    given: dict[str, Any] = {}
    if "share" in keys:
        number = number_of(keys["share"].value, report, 1, Share.MAX_WEIGHT, "a weight")
        given |= {} if number is None else {"share": number}
    for key in ("guarantee", "ceiling"):
        if key in keys:
            given[key] = _bandwidth(keys[key].value, report)
    try:
        return replace(general, **given)
    except QuantityError as error:
        report.problem(node.place, error.found, error.expected)
        return None


def _bandwidth(node: Node, report: Report) -> Rate | Percent | None:
    expected = "a rate such as 10M, or a percentage such as 30%"
    return quantity_of(node, report, expected, parse_bandwidth)
