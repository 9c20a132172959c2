"""Ports of datapaths as the policy writes them: `s1:2`.

Invariant: what comes out is a port of a datapath that the policy accepts.
"""

from collections.abc import Mapping

from slicer.policy.datapaths import dpid_in, port_in
from slicer.policy.document import Place
from slicer.policy.reading import one_of, quoted
from slicer.policy.report import Report
from slicer.policy.values import DatapathFacts, PortKey

END_FORM = "a datapath's name (of the section `datapaths`) or dpid, a colon and a port: s1:2"


class Ends:
    """Reads ports of these datapaths; None: of any dpid."""

    def __init__(self, datapaths: Mapping[int, DatapathFacts] | None) -> None:
        self._known = datapaths
        self._by_name = {facts.name: dpid for dpid, facts in (datapaths or {}).items()}

    def read(self, text: str, place: Place, report: Report) -> PortKey | None:
        """The port written here, or None where it is none, which the report then says."""
        name, colon, rest = text.rpartition(":")
        port = port_in(rest)
        if not colon or port is None:
            report.problem(place, quoted(text), END_FORM)
            return None
        dpid = self._by_name.get(name) or dpid_in(name)
        if dpid is None or (self._known is not None and dpid not in self._known):
            report.problem(place, quoted(name), one_of(name, self._by_name, "the datapaths: "))
            return None
        return dpid, port
