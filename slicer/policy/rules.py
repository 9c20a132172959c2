"""The `flowspace` section: who owns which packets.

Invariant: a rule that comes out names a slice and datapaths that exist, and is valid.
"""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

from slicer.flowspace.match import Match
from slicer.policy.datapaths import DPID_FORM, MAX_PORT, PORT_FORM, dpid_in, port_in
from slicer.policy.document import Node
from slicer.policy.matches import MAX_MATCHES, matches_of
from slicer.policy.reading import (
    items_of,
    known_entries,
    number_of,
    one_of,
    quoted,
    text_of,
)
from slicer.policy.report import Report
from slicer.policy.values import DatapathFacts, PolicyRule, PortSet

MAX_PRIORITY = 65000
"""The highest priority of a rule; Open vSwitch's flows go to 65535, and some are kept back."""

_Value = TypeVar("_Value", bound=Hashable)
_KEYS = ("slice", "priority", "datapaths", "ports", "match")
_PORT_RANGE = re.compile(r"([0-9]{1,5}) ?- ?([0-9]{1,5})", re.ASCII)


class Known:
    """The names that rules may use; `doubtful` when some datapaths could not be read.

    What many rules have alike they share: of 100,000 rules most have one of a few masks, and one
    of a few sets of datapaths.
    """

    __slots__ = ("_alike", "by_name", "datapaths", "doubtful", "slices")

    def __init__(
        self,
        slices: Iterable[str],
        datapaths: Mapping[int, DatapathFacts] | None,
        doubtful: bool = False,
    ) -> None:
        self.slices = {name: name for name in slices}
        self.datapaths = datapaths
        self.by_name = {facts.name: dpid for dpid, facts in (datapaths or {}).items()}
        self.doubtful = doubtful
        self._alike: dict[Hashable, Any] = {}

    def shared(self, value: _Value) -> _Value:
        """The first value that was equal to this one."""
        known: _Value = self._alike.setdefault(value, value)
        return known


def read_rules(node: Node, report: Report, known: Known) -> tuple[PolicyRule, ...]:
    """The rules of the section, in the order written."""
    expected = "a list of rules, each a mapping with slice, priority and more"
    rules = (_rule(item, report, known) for item in items_of(node, report, expected))
    return tuple(rule for rule in rules if rule is not None)


def _rule(node: Node, report: Report, known: Known) -> PolicyRule | None:
    before = len(report.problems)
    keys = known_entries(node, report, _KEYS, ("slice", "priority"))
    if keys is None:
        return None
    name = _slice(keys["slice"].value, report, known) if "slice" in keys else None
    priority = None
    if "priority" in keys:
        priority = number_of(keys["priority"].value, report, 1, MAX_PRIORITY, "a priority")
    dpids = _datapaths(keys["datapaths"].value, report, known) if "datapaths" in keys else None
    ports = _ports(keys["ports"].value, report) if "ports" in keys else None
    matches: tuple[Match, ...] | None = (Match.ANY,)
    if "match" in keys:
        matches = matches_of(keys["match"].value, report)
    if name is None or priority is None or matches is None or len(report.problems) > before:
        return None
    count = len(matches) * (1 if ports is None else len(ports.numbers) + len(ports.names))
    if count > MAX_MATCHES:
        found = f"{count} combinations of values and ports"
        report.problem(node.place, found, f"at most {MAX_MATCHES} in one rule")
        return None
    matches = tuple(Match(match.value, known.shared(match.mask)) for match in matches)
    dpids, ports = known.shared(dpids), known.shared(ports)
    return PolicyRule(name, priority, matches, dpids, ports, node.place.copy())


def _slice(node: Node, report: Report, known: Known) -> str | None:
    name = text_of(node, report, "the name of a slice")
    if name is None:
        return None
    if name in known.slices:
        return known.slices[name]
    report.problem(node.place, quoted(name), one_of(name, known.slices, "the slices: "))
    return None


def _datapaths(node: Node, report: Report, known: Known) -> frozenset[int]:
    by_name = known.by_name
    dpids = set()
    for item in items_of(node, report, "a list of datapaths, each a name or a dpid"):
        text = text_of(item, report, "a datapath's name or dpid")
        if text is None:
            continue
        dpid = by_name[text] if text in by_name else dpid_in(text)
        if dpid is None and known.datapaths is None:
            report.problem(item.place, quoted(text), f"{DPID_FORM} (names need `datapaths:`)")
        elif dpid is not None and (known.datapaths is None or dpid in known.datapaths):
            dpids.add(dpid)
        elif not known.doubtful:
            report.problem(item.place, quoted(text), one_of(text, by_name, "the datapaths: "))
    return frozenset(dpids)


def _ports(node: Node, report: Report) -> PortSet:
    numbers: set[int] = set()
    names: set[str] = set()
    for item in items_of(node, report, "a list of ports: numbers, ranges such as 3-5, or names"):
        text = text_of(item, report, PORT_FORM)
        if text is None:
            continue
        span = _PORT_RANGE.fullmatch(text)
        if span is not None:
            numbers.update(_port_range(item, int(span[1]), int(span[2]), report))
            continue
        port = port_in(text)
        if port is None:
            report.problem(item.place, quoted(text), f"{PORT_FORM}, or a range such as 3-5")
        elif isinstance(port, int):
            numbers.add(port)
        else:
            names.add(port)
    return PortSet(frozenset(numbers), frozenset(names))


def _port_range(node: Node, low: int, high: int, report: Report) -> range:
    if not 1 <= low <= high <= MAX_PORT:
        report.problem(node.place, f"ports {low}-{high}", f"a range within 1-{MAX_PORT}")
        return range(0)
    return range(low, high + 1)
