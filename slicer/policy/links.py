"""The `links` section: which ports are joined, and how much a link carries.

Invariant: no port that comes out has two links, and no link has both its ends at one port.
"""

from slicer.policy.datapaths import capacity_of
from slicer.policy.document import Node, Place
from slicer.policy.ends import END_FORM, Ends
from slicer.policy.reading import items_of, known_entries, quoted, text_of
from slicer.policy.report import Report
from slicer.policy.values import LinkFacts, PortKey


def read_links(node: Node, ends: Ends, report: Report) -> tuple[LinkFacts, ...]:
    """The links of the section, in the order written."""
    reading = _Reading(report, ends)
    found = (reading.link(item) for item in items_of(node, report, "a list of links"))
    return tuple(link for link in found if link is not None)


class _Reading:
    """Reads links, and knows which ports have one."""

    def __init__(self, report: Report, ends: Ends) -> None:
        self._report = report
        self._ends = ends
        self._joined: dict[PortKey, Place] = {}

    def link(self, node: Node) -> LinkFacts | None:
        keys = known_entries(node, self._report, ("ends", "capacity"), ("ends", "capacity"))
        if keys is None or len(keys) < 2:
            return None
        capacity = capacity_of(keys["capacity"].value, self._report)
        items = items_of(keys["ends"].value, self._report, f"two ends, each {END_FORM}")
        ends = [end for item in items if (end := self._end(item)) is not None]
        if items and len(items) != 2:
            place = keys["ends"].value.place
            self._report.problem(place, f"{len(items)} ends", "the two ends of a link")
        if capacity is None or len(ends) != 2 or len(items) != 2:
            return None
        return LinkFacts((ends[0], ends[1]), capacity, node.place)

    def _end(self, node: Node) -> PortKey | None:
        text = text_of(node, self._report, END_FORM)
        if text is None:
            return None
        end = self._ends.read(text, node.place, self._report)
        if end is None:
            return None
        if end in self._joined:
            first = self._joined[end].line
            expected = f"each port in one link at most (first in line {first})"
            self._report.problem(node.place, f"{quoted(text)} again", expected)
            return None
        self._joined[end] = node.place
        return end
