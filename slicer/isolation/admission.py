"""Admission control: can a network keep all that it promises?

The network is a graph of ports, joined by links. A guarantee holds at every port that its slice
has, in the direction out of it, so every port, and the link that it leads to, must have room for
the guarantees of all its slices. Whether a packet may pass is not asked here: that is policing.

Invariant: nothing is overbooked exactly when each port's guarantees fit the port and its link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slicer.isolation.entitlements import PortShares
from slicer.isolation.rates import Rate
from slicer.isolation.shares import Share

if TYPE_CHECKING:
    import networkx as nx

PortKey = tuple[int, int | str]
"""A datapath's dpid, and a port's number or name."""


@dataclass(frozen=True, slots=True)
class Cable:
    """A link between two ports, and what it carries in either direction."""

    ends: tuple[PortKey, PortKey]
    capacity: Rate


@dataclass(frozen=True, slots=True)
class Overbooking:
    """Guarantees out of a port that exceed `capacity` by `excess`, in bit/s; that is the link's to
    `peer`, or the port's own where `peer` is None."""

    port: PortKey
    peer: PortKey | None
    capacity: int
    excess: int
    shares: Mapping[str, Share]


def network(
    capacities: Mapping[PortKey, Rate],
    cables: Iterable[Cable],
    shares: Mapping[PortKey, Mapping[str, Share]],
) -> nx.Graph[PortKey]:
    """The graph of ports. Its ports are those that have a capacity or a cable."""
    import networkx as nx  # it takes 12 MB, which a network without capacities needn't have

    graph: nx.Graph[PortKey] = nx.Graph()
    for port, capacity in capacities.items():
        graph.add_node(port, capacity=capacity.bits_per_second)
    for cable in cables:
        graph.add_edge(*cable.ends, capacity=cable.capacity.bits_per_second)
    nx.set_node_attributes(graph, {port: dict(shares.get(port, {})) for port in graph}, "shares")
    return graph


def overbooked(graph: nx.Graph[PortKey]) -> Iterator[Overbooking]:
    """Every port and every direction of a link that promises more than it has; of a port and its
    link the one that has less."""
    for port, facts in graph.nodes(data=True):
        rooms: list[tuple[int, PortKey | None]] = [
            (graph.edges[port, peer]["capacity"], peer) for peer in graph[port]
        ]
        if "capacity" in facts:
            rooms.append((facts["capacity"], None))
        capacity, peer = min(rooms, key=lambda room: room[0])
        excess = PortShares(capacity, facts["shares"]).overbooked
        if excess:
            yield Overbooking(port, peer, capacity, excess, facts["shares"])
