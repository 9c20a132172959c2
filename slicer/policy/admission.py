"""Whether the network that a policy describes can give what the policy promises.

Invariant: in a policy that passes, the guarantees at every port fit the capacity that the policy
names for it or its link; ports whose capacity only the datapath knows are judged when it connects.
"""

from collections.abc import Iterable, Iterator, Mapping

from slicer.flowspace.text import PORT_NAMES
from slicer.isolation.admission import Cable, Overbooking, network, overbooked
from slicer.isolation.entitlements import PortShares, bits
from slicer.isolation.rates import Percent, Rate
from slicer.isolation.shares import Share
from slicer.policy.document import Place
from slicer.policy.report import Report
from slicer.policy.values import Policy, PolicyRule, PortKey

_EVERY = None
_Key = tuple[int | None, int | str | None]
"""A port, or every datapath, or every port."""
_PER_CENT = 10**9
"""A capacity to hold percentages against where there is none."""


class _Presence:
    """Which slices have which ports, as far as that can be said before any datapath is there: a
    port by number is not known to be one by name."""

    def __init__(self, rules: Iterable[PolicyRule], slices: Iterable[str]) -> None:
        self._order = {name: number for number, name in enumerate(slices)}
        self._slices: dict[_Key, set[str]] = {}
        self._maybe: set[tuple[str, int | None, type[int] | type[str]]] = set()
        """Slices that have some port of a datapath by its number, or one by its name."""
        for rule in rules:
            for dpid in rule.datapaths if rule.datapaths is not None else (_EVERY,):
                for port in _ports(rule):
                    self._slices.setdefault((dpid, port), set()).add(rule.slice)
                    if port is not _EVERY:
                        self._maybe.add((rule.slice, dpid, type(port)))

    def at(self, dpid: int | None, port: int | str | None) -> list[str]:
        """In the order of the slices that were given, and no others."""
        keys = ((dpid, port), (_EVERY, port), (dpid, _EVERY), (_EVERY, _EVERY))
        names = {name for key in keys for name in self._slices.get(key, ())}
        return sorted(names & self._order.keys(), key=self._order.__getitem__)

    def may_have(self, name: str, key: PortKey) -> bool:
        """Can a slice have a port? Which number a name stands for is not known yet."""
        dpid, port = key
        otherwise = str if isinstance(port, int) else int
        return name in self.at(dpid, port) or any(
            (name, each, otherwise) in self._maybe for each in (dpid, _EVERY)
        )

    def __iter__(self) -> Iterator[_Key]:
        """Enough ports to see every set of slices that share one: where no slice has all ports of a
        datapath, or a port of all datapaths, there are no others than those of each port."""
        dpids = [dpid for dpid, port in self._slices if port is _EVERY]
        ports = [port for dpid, port in self._slices if dpid is _EVERY]
        yield from self._slices
        yield from ((dpid, port) for dpid in dpids for port in ports)


def _ports(rule: PolicyRule) -> Iterable[int | str | None]:
    return (_EVERY,) if rule.ports is None else (*rule.ports.numbers, *rule.ports.names)


def check_admission(policy: Policy, places: Mapping[str, Place], report: Report) -> None:
    """Notes the ports and links that promise more than they carry."""
    presence = _Presence(policy.flowspace, policy.slices)
    capacities, found = _capacities(policy)
    cables = [Cable(link.ends, link.capacity) for link in policy.links]
    keys = [*capacities, *(end for link in policy.links for end in link.ends)]
    shares = {key: _shares(policy, presence, key) for key in keys}
    for link in policy.links:
        found |= {end: link.place for end in link.ends if end not in capacities}
    if keys:
        for booking in overbooked(network(capacities, cables, shares)):
            _refuse(policy, booking, found[booking.port], report)
    for key in keys:
        _check_bounds(policy, key, shares[key], places, report)
    _check_percentages(policy, presence, places, report)
    _check_ports(policy, presence, report)


def _capacities(policy: Policy) -> tuple[dict[PortKey, Rate], dict[PortKey, Place]]:
    capacities: dict[PortKey, Rate] = {}
    places: dict[PortKey, Place] = {}
    for dpid, facts in (policy.datapaths or {}).items():
        for port, known in facts.ports.items():
            if known.capacity is not None and known.place is not None:
                capacities[dpid, port] = known.capacity
                places[dpid, port] = known.place
    return capacities, places


def _shares(policy: Policy, presence: _Presence, key: _Key) -> dict[str, Share]:
    """The shares of the slices that have a port."""
    here = {name: policy.slices[name] for name in presence.at(*key)}
    dpid, port = key
    if dpid is None or port is None:
        return {name: each.share for name, each in here.items()}
    return {name: each.share_of(dpid, port) for name, each in here.items()}


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
        ceiling, place = bits(share.ceiling, capacity), _place(policy, name, key, places)
        if ceiling > capacity:
            found = f"a ceiling of {share.ceiling} at {_name(policy, key)}, which carries {least}"
            report.problem(place, found, "a ceiling within the capacity, or a percentage")
        elif share.guarantee is not None and bits(share.guarantee, capacity) > ceiling:
            found = f"a guarantee of {share.guarantee} at {_name(policy, key)} ({least})"
            report.problem(place, found, f"at most the ceiling of {share.ceiling}")


def _check_percentages(
    policy: Policy, presence: _Presence, places: Mapping[str, Place], report: Report
) -> None:
    """Guarantees of more than 100 % at one port, whatever its capacity."""
    every = _parts({name: each.share for name, each in policy.slices.items()})
    keys: list[_Key] = [port for each in policy.slices.values() for port in each.at]
    if PortShares(_PER_CENT, every).overbooked:
        keys += presence
    for key in keys:
        parts = _parts(_shares(policy, presence, key))
        excess = PortShares(_PER_CENT, parts).overbooked
        if excess:
            asked = ", ".join(f"{name} {share.guarantee}" for name, share in parts.items())
            found = f"guarantees ({asked}) that exceed a port by {excess * 100 / _PER_CENT:g} %"
            place = _place(policy, [*parts][-1], key, places)
            report.problem(place, found, "no more than 100 % for one port's slices")
            return


def _parts(shares: Mapping[str, Share]) -> dict[str, Share]:
    """Those shares that guarantee a part of a port, with nothing but that."""
    return {
        name: Share(guarantee=share.guarantee)
        for name, share in shares.items()
        if isinstance(share.guarantee, Percent)
    }


def _place(policy: Policy, name: str, key: _Key, places: Mapping[str, Place]) -> Place:
    """Where it is written what a slice gets of a port."""
    return next(
        (there.place for port, there in policy.slices[name].at.items() if port == key),
        places[name],
    )


def _check_ports(policy: Policy, presence: _Presence, report: Report) -> None:
    """Shares of ports that their slice can't have."""
    for name, each in policy.slices.items():
        for port, there in each.at.items():
            if not presence.may_have(name, port):
                report.notice(
                    there.place, f"slice {name} owns nothing at {_name(policy, port)}, to share"
                )


def _number_and_name(port: int | str) -> tuple[int, str]:
    return (port, "") if isinstance(port, int) else (0, port)


def _name(policy: Policy, key: PortKey) -> str:
    dpid, port = key
    number = "LOCAL" if port == PORT_NAMES["LOCAL"] else port
    return f"{policy.datapath_name(dpid)}:{number}"
