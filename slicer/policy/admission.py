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

    def __init__(self, rules: Iterable[PolicyRule]) -> None:
        self._slices: dict[_Key, dict[str, None]] = {}
        for rule in rules:
            for dpid in rule.datapaths if rule.datapaths is not None else (_EVERY,):
                for port in _ports(rule):
                    self._slices.setdefault((dpid, port), {})[rule.slice] = None

    def at(self, dpid: int | None, port: int | str | None) -> dict[str, None]:
        keys = ((dpid, port), (_EVERY, port), (dpid, _EVERY), (_EVERY, _EVERY))
        return {name: None for key in keys for name in self._slices.get(key, {})}

    def __iter__(self) -> Iterator[_Key]:
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
    shares = {key: _shares(policy, presence, key) for key in keys}
    for link in policy.links:
        found |= {end: link.place for end in link.ends if end not in capacities}
    if keys:
        for booking in overbooked(network(capacities, cables, shares)):
            _refuse(policy, booking, found[booking.port], report)
    for key in keys:
        _check_bounds(policy, key, shares[key], places, report)
    _check_percentages(policy, presence, places, report)
    _check_ports(policy, report)


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
    names = presence.at(*key)
    here = {name: each for name, each in policy.slices.items() if name in names}
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


def _check_ports(policy: Policy, report: Report) -> None:
    """Shares of ports that their slice can't have."""
    for name, each in policy.slices.items():
        for port, there in each.at.items():
            if not any(_may_have(rule, port) for rule in policy.flowspace if rule.slice == name):
                report.notice(
                    there.place, f"slice {name} owns nothing at {_name(policy, port)}, to share"
                )


def _may_have(rule: PolicyRule, key: PortKey) -> bool:
    """Can a rule be about a port? Which number a name stands for is not known yet."""
    dpid, port = key
    if rule.datapaths is not None and dpid not in rule.datapaths:
        return False
    if rule.ports is None:
        return True
    if isinstance(port, int):
        return port in rule.ports.numbers or bool(rule.ports.names)
    return port in rule.ports.names or bool(rule.ports.numbers)


def _number_and_name(port: int | str) -> tuple[int, str]:
    return (port, "") if isinstance(port, int) else (0, port)


def _name(policy: Policy, key: PortKey) -> str:
    dpid, port = key
    number = "LOCAL" if port == PORT_NAMES["LOCAL"] else port
    return f"{policy.datapath_name(dpid)}:{number}"
