"""Policy: everything that a policy file says, as frozen values.

Reading and checking is done elsewhere (`loading.py`); whoever holds a Policy holds one
that was accepted whole. Invariant: every slice, datapath and rule that is named exists.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from slicer.flowspace.match import Match
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.isolation.limits import Limits
from slicer.isolation.rates import Rate
from slicer.isolation.shares import Share
from slicer.policy.document import Place
from slicer.policy.endpoints import Controller, Endpoint, Listen
from slicer.policy.ovsdb import Ovsdb
from slicer.policy.report import Notice

UNNAMED_DATAPATHS = 100
"""Without a `datapaths` section, dpids 1 to this have listening ports."""


@dataclass(frozen=True, slots=True)
class PortFacts:
    """What the policy knows of a port; a capacity of None is the link speed reported."""

    capacity: Rate | None
    place: Place | None = field(default=None, compare=False)


PortKey = tuple[int, int | str]
"""A datapath's dpid, and a port's number or name."""


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """Two ports that are joined, and what the link carries in either direction."""

    ends: tuple[PortKey, PortKey]
    capacity: Rate
    place: Place


@dataclass(frozen=True, slots=True)
class DatapathFacts:
    """What the policy knows of a datapath; its ports are by number or by name."""

    name: str
    dpid: int
    ports: Mapping[int | str, PortFacts]
    ovsdb: Ovsdb | None = None
    """Its own database server; None is the policy's."""


@dataclass(frozen=True, slots=True)
class PortShare:
    """What a slice gets of one port, and where that is written."""

    share: Share
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class SlicePolicy:
    """One slice: its controllers, and what it may use. `share` is what it gets of each port, but
    for those `at` which the policy says something else. `watchers` may read and change nothing."""

    name: str
    controllers: tuple[Controller, ...]
    limits: Limits
    share: Share
    at: Mapping[PortKey, PortShare] = field(default_factory=lambda: MappingProxyType({}))
    watchers: tuple[Controller, ...] = ()

    @property
    def met(self) -> tuple[Controller, ...]:
        """All that the slice's slivers meet: its controllers, then its watchers."""
        return self.controllers + self.watchers

    def share_of(self, dpid: int, *port: int | str) -> Share:
        """What the slice gets of a port, by the first of these, its number and its name, that the
        policy names."""
        found = [self.at[dpid, each].share for each in port if (dpid, each) in self.at]
        return found[0] if found else self.share


@dataclass(frozen=True, slots=True)
class PortSet:
    """Ports by number, and by names that mean something once a datapath is there."""

    numbers: frozenset[int]
    names: frozenset[str]

    def resolve(self, port_names: Mapping[str, int]) -> frozenset[int]:
        """The numbers, with those of the names that the datapath has."""
        known = (port_names[name] for name in self.names if name in port_names)
        return self.numbers | frozenset(known)


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule as written; its matches are of one priority and one slice.

    `datapaths` are dpids; None is every datapath, or every port.
    """

    slice: str
    priority: int
    matches: tuple[Match, ...]
    datapaths: frozenset[int] | None
    ports: PortSet | None
    place: Place

    def rules(self, port_names: Mapping[str, int]) -> tuple[Rule, ...]:
        """The flowspace rules that this one stands for where ports have these names."""
        ports = None if self.ports is None else self.ports.resolve(port_names)
        return tuple(
            Rule(self.slice, self.priority, match, self.datapaths, ports) for match in self.matches
        )


def flowspace_of(rules: Iterable[PolicyRule], port_names: Mapping[str, int]) -> FlowSpace:
    """The flowspace of a datapath on which these rules hold, whose ports have these names."""
    return FlowSpace(
        each for rule in rules for each in replace(rule, datapaths=None).rules(port_names)
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. `source` is the file's name, `datapaths` are by dpid (None: any)."""

    source: str
    listen: tuple[Endpoint, ...]
    datapaths: Mapping[int, DatapathFacts] | None
    slices: Mapping[str, SlicePolicy]
    flowspace: tuple[PolicyRule, ...]
    warnings: tuple[Notice, ...]
    links: tuple[LinkFacts, ...] = ()
    ovsdb: Ovsdb | None = None
    """The database server of datapaths that have none of their own."""

    def ovsdb_of(self, dpid: int) -> Ovsdb | None:
        """Where a datapath's queues are set up; None where nobody has said."""
        facts = (self.datapaths or {}).get(dpid)
        return self.ovsdb if facts is None or facts.ovsdb is None else facts.ovsdb

    def accepts(self, dpid: int) -> bool:
        """Whether a datapath of this dpid may connect."""
        return self.datapaths is None or dpid in self.datapaths

    def datapath_name(self, dpid: int) -> str:
        """The policy's name for a datapath, or its dpid as 16 hexadecimal digits."""
        if self.datapaths is not None and dpid in self.datapaths:
            return self.datapaths[dpid].name
        return f"{dpid:016x}"

    def flowspace_on(self, dpid: int, port_names: Mapping[str, int]) -> FlowSpace:
        """The flowspace of one datapath, whose ports have these names and numbers.

        A rule whose ports are all named, and none of them there, owns nothing.
        """
        here = (rule for rule in self.flowspace if rule.datapaths is None or dpid in rule.datapaths)
        return flowspace_of(here, port_names)

    def capacity(self, dpid: int, number: int, name: str) -> Rate | None:
        """What the policy says that a port carries: the least of the port's own capacity and its
        link's, under its number and its name; None where it says nothing."""
        keys: tuple[PortKey, ...] = ((dpid, number), (dpid, name))
        facts = (self.datapaths or {}).get(dpid)
        known = [facts.ports[key[1]].capacity for key in keys if facts and key[1] in facts.ports]
        known += [link.capacity for link in self.links for key in keys if key in link.ends]
        rates = [rate.bits_per_second for rate in known if rate is not None]
        return Rate(min(rates)) if rates else None

    def listen_port(self, slice_name: str, controller: int, dpid: int) -> int | None:
        """Where the slice's controllers connect to be the sliver's on this datapath.

        `controller` counts the slice's controllers, and then its watchers, from 0. None where
        that one is dialled, or where the datapath has no place in the order of ports: in the
        order of the `datapaths` section, or by dpid where there is none.
        """
        listen = self.slices[slice_name].met[controller]
        if not isinstance(listen, Listen):
            return None
        index = self._index(dpid)
        port = None if index is None else listen.base.port + index
        return port if port is None or port <= 65535 else None

    def _index(self, dpid: int) -> int | None:
        if self.datapaths is None:
            return dpid - 1 if 1 <= dpid <= UNNAMED_DATAPATHS else None
        return list(self.datapaths).index(dpid) if dpid in self.datapaths else None
