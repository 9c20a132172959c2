"""Whether the network that a policy describes can give what the policy promises.

Invariant: in a policy that passes, the guarantees at every port fit the capacity that the policy
names for it or its link; ports whose capacity only the datapath knows are judged when it connects.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from slicer.flowspace.text import PORT_NAMES
from slicer.isolation.admission import Cable, Overbooking, network, overbooked
from slicer.isolation.entitlements import PortShares, bits
from slicer.isolation.rates import Percent, Rate
from slicer.isolation.shares import Share
from slicer.policy.document import Place
from slicer.policy.report import Report
from slicer.policy.values import Policy, PolicyRule, PortKey

_EVERY = None
_PER_CENT = 10**9
"""A capacity to hold percentages against where there is none."""


class _Presence:
    """Which slices have which ports, as far as that can be said before any datapath is there: a
    port by number is not known to be one by name."""

    def __init__(self, rules: Iterable[PolicyRule]) -> None:
        self._slices: dict[tuple[int | None, int | str | None], dict[str, None]] = {}
        for rule in rules:
            for dpid in rule.datapaths if rule.datapaths is not None else (_EVERY,):
                for port in _ports(rule):
                    self._slices.setdefault((dpid, port), {})[rule.slice] = None

    def at(self, dpid: int | None, port: int | str | None) -> dict[str, None]:
        keys = ((dpid, port), (_EVERY, port), (dpid, _EVERY), (_EVERY, _EVERY))
        return {name: None for key in keys for name in self._slices.get(key, {})}

    def __iter__(self) -> Iterator[tuple[int | None, int | str | None]]:
        """Enough ports to see every set of slices that share one."""
        dpids = dict.fromkeys(dpid for dpid, _ in self._slices)
        ports = dict.fromkeys(port for _, port in self._slices)
        yield from self._slices
        yield from ((dpid, port) for dpid in dpids for port in ports)


def _ports(rule: PolicyRule) -> Iterable[int | str | None]:
    return (_EVERY,) if rule.ports is None else (*rule.ports.numbers, *rule.ports.names)


def check_admission(policy: Policy, places: Mapping[str, Place], report: Report) -> None:
    """Notes the ports and links that promise more than they carry."""
    presence = _Presence(policy.flowspace)
    capacities, found = _capacities(policy)
    cables = [Cable(link.ends, link.capacity) for link in policy.links]
    keys = [*capacities, *(end for link in policy.links for end in link.ends)]
    shares = {key: _shares(policy, presence.at(*key)) for key in keys}
    for link in policy.links:
        found |= {end: link.place for end in link.ends if end not in capacities}
    if keys:
        for booking in overbooked(network(capacities, cables, shares)):
            _refuse(policy, booking, found[booking.port], report)
    for key in keys:
        _check_bounds(policy, key, shares[key], places, report)
    _check_percentages(policy, presence, places, report)


def _capacities(policy: Policy) -> tuple[dict[PortKey, Rate], dict[PortKey, Place]]:
    capacities: dict[PortKey, Rate] = {}
    places: dict[PortKey, Place] = {}
    for dpid, facts in (policy.datapaths or {}).items():
        for port, known in facts.ports.items():
            if known.capacity is not None and known.place is not None:
                capacities[dpid, port] = known.capacity
                places[dpid, port] = known.place
    return capacities, places


def _shares(policy: Policy, names: Collection[str]) -> dict[str, Share]:
    return {name: each.share for name, each in policy.slices.items() if name in names}


def _refuse(policy: Policy, booking: Overbooking, place: Place, report: Report) -> None:
    where = _name(policy, booking.port)
    if booking.peer is not None:
        where = f"the link from {where} to {_name(policy, booking.peer)}"
    asked = ", ".join(
        f"{name} {share.guarantee}"
        for name, share in booking.shares.items()
        if share.guarantee is not None
    )
    report.problem(
        place,
        f"guarantees ({asked}) that exceed the capacity of {where} by {Rate(booking.excess)}",
        f"no more than {Rate(booking.capacity)}",
    )


def _check_bounds(
    policy: Policy,
    key: PortKey,
    shares: Mapping[str, Share],
    places: Mapping[str, Place],
    report: Report,
) -> None:
    """A guarantee above the ceiling, which two units can hide until a capacity is known; and a
    ceiling above the capacity, which would say something that is not so."""
    least = policy.capacity(key[0], *_number_and_name(key[1]))
    assert least is not None
    capacity = least.bits_per_second
    for name, share in shares.items():
        if share.ceiling is None:
            continue
        ceiling = bits(share.ceiling, capacity)
        if ceiling > capacity:
            found = f"a ceiling of {share.ceiling} at {_name(policy, key)}, which carries {least}"
            report.problem(places[name], found, "a ceiling within the capacity, or a percentage")
        elif share.guarantee is not None and bits(share.guarantee, capacity) > ceiling:
            found = f"a guarantee of {share.guarantee} at {_name(policy, key)} ({least})"
            report.problem(places[name], found, f"at most the ceiling of {share.ceiling}")


def _check_percentages(
    policy: Policy, presence: _Presence, places: Mapping[str, Place], report: Report
) -> None:
    """Guarantees of more than 100 % at one port, whatever its capacity."""
    parts = {
        name: Share(guarantee=each.share.guarantee)
        for name, each in policy.slices.items()
        if isinstance(each.share.guarantee, Percent)
    }
    if not PortShares(_PER_CENT, parts).overbooked:
        return
    for key in presence:
        present = presence.at(*key)
        here = {name: share for name, share in parts.items() if name in present}
        excess = PortShares(_PER_CENT, here).overbooked
        if excess:
            asked = ", ".join(f"{name} {share.guarantee}" for name, share in here.items())
            found = f"guarantees ({asked}) that exceed a port by {excess * 100 / _PER_CENT:g} %"
            report.problem(places[[*here][-1]], found, "no more than 100 % for one port's slices")
            return


def _number_and_name(port: int | str) -> tuple[int, str]:
    return (port, "") if isinstance(port, int) else (0, port)


def _name(policy: Policy, key: PortKey) -> str:
    dpid, port = key
    number = "LOCAL" if port == PORT_NAMES["LOCAL"] else port
    return f"{policy.datapath_name(dpid)}:{number}"
