"""Hypothesis strategies for the isolation theorem: policies and packets.

Everything is drawn from few values, so that rules, packets and rewrites meet often. What tenants
ask for is in `isolation_requests.py`.

Invariant: a policy of `policies` is one that `slicer.policy` would accept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from slicer.flowspace.match import Match as Region
from slicer.flowspace.space import FlowSpace
from slicer.isolation.limits import Limits
from slicer.isolation.rates import Rate
from slicer.isolation.shares import Share
from slicer.openflow import constants as of
from slicer.policy import Policy
from slicer.policy.document import Place
from slicer.policy.endpoints import Dial, Endpoint
from slicer.policy.values import PolicyRule, PortSet, SlicePolicy
from tests.fakes.packet import Packet, Tag

SLICES = ("red", "blue", "green")
PORTS = (1, 2, 3, 4)
PORT_NAMES = ("p1", "p2", "p4", "spare")
ALL_PORTS = (*PORTS, of.OFPP_LOCAL)
PRIORITIES = (1, 2, 3)

_TCP, _UDP = 6, 17
_IPV4, _ARP, _OTHER = 0x0800, 0x0806, 0x9000
VLANS = (100, 200)
ADDRESSES = (0x0A000001, 0x0A000002, 0x0B000001)
HARDWARE = (0x020000000001, 0x020000000002)
NUMBERS = (80, 443, 8080)

Fields = dict[str, int | tuple[int, int]]

KINDS: Mapping[str, Fields] = {
    "any": {},
    "arp": {"eth_type": _ARP},
    "ipv4": {"eth_type": _IPV4},
    "tcp": {"eth_type": _IPV4, "ip_proto": _TCP},
    "udp": {"eth_type": _IPV4, "ip_proto": _UDP},
}
"""What a packet surely is, and what a match has to say for that."""

_PREFIXES = ((0x0A000000, 0xFF000000), (0x0A000000, 0xFFFFFFFE))
_EVERYWHERE: Mapping[str, tuple[int | tuple[int, int], ...]] = {
    "vlan_vid": (0, (0x1000, 0x1000), *(0x1000 | each for each in VLANS)),
    "eth_dst": (*HARDWARE, (0x020000000000, 0xFFFFFFFFFFFE)),
    "eth_src": HARDWARE,
}
_BY_KIND: Mapping[str, Mapping[str, tuple[int | tuple[int, int], ...]]] = {
    "any": {},
    "arp": {"arp_spa": (*ADDRESSES, *_PREFIXES), "arp_op": (1, 2)},
    "ipv4": {"ipv4_src": (*ADDRESSES, *_PREFIXES), "ipv4_dst": ADDRESSES, "ip_dscp": (0, 8)},
    "tcp": {"ipv4_dst": ADDRESSES, "tcp_dst": (*NUMBERS, (80, 0xFFF0)), "tcp_src": NUMBERS},
    "udp": {"ipv4_dst": ADDRESSES, "udp_dst": (*NUMBERS, (0, 0xFF00)), "udp_src": NUMBERS},
}
"""The fields that are played with."""


@st.composite
def headers(draw: DrawFn, kind: str) -> Fields:
    """Some fields of a packet of a kind, prerequisites first."""
    choices = {**_EVERYWHERE, **_BY_KIND[kind]}
    names = draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=2))
    picked: Fields = {name: draw(st.sampled_from(choices[name])) for name in names}
    return {**KINDS[kind], **picked}


kinds = st.sampled_from(sorted(KINDS))

# ---- what a failing test prints ----


Value = TypeVar("Value")


class Shown(Generic[Value]):
    """A drawn value with a text of its own, as a failing test is to print it."""

    def __init__(self, value: Value, text: str) -> None:
        self.value = value
        self.text = text

    def __repr__(self) -> str:
        return self.text


# ---- policies ----


@st.composite
def _rules(draw: DrawFn, names: tuple[str, ...], number: int) -> PolicyRule:
    region = Region.of(**draw(kinds.flatmap(headers)))
    ports = draw(
        st.none()
        | st.none()
        | st.builds(
            PortSet,
            st.frozensets(st.sampled_from(PORTS), max_size=3),
            st.frozensets(st.sampled_from(PORT_NAMES), max_size=1),
        )
    )
    if ports is not None and not ports.numbers | ports.names:
        ports = None
    name = draw(st.sampled_from(names))
    priority = draw(st.sampled_from(PRIORITIES))
    return PolicyRule(name, priority, (region,), None, ports, Place(number, 1))


@st.composite
def policies(draw: DrawFn) -> Shown[Policy]:
    """Two or three slices, the first of them with two controllers, and a few rules. Rules of one
    priority that conflict, which no policy may have, are given priorities of their own."""
    names = SLICES[: draw(st.sampled_from((2, 2, 3)))]
    count = draw(st.integers(2, 6))
    rules = [draw(_rules(names, number)) for number in range(1, count + 1)]
    if draw(st.booleans()):
        rules.append(PolicyRule(names[-1], 0, (Region.ANY,), None, None, Place(count + 1, 1)))
        count += 1
    resolved = {name: number for number, name in enumerate(PORT_NAMES, 1)}
    space = FlowSpace(each for rule in rules for each in rule.rules(resolved))
    if next(space.conflicts(), None) is not None:
        rules = [
            PolicyRule(r.slice, 10 * (count - at), r.matches, None, r.ports, r.place)
            for at, r in enumerate(rules)
        ]
    # Meters, and with them copies on the way to emit, which change nothing of what goes where.
    share = Share(ceiling=draw(st.none() | st.just(Rate(1_000_000))))
    slices = {name: _slice(name, 2 if name == names[0] else 1, share) for name in names}
    listen = (Endpoint("127.0.0.1", 6633),)
    policy = Policy("drawn", listen, None, slices, tuple(rules), ())
    return Shown(policy, "policy(" + "; ".join(map(_rule_text, rules)) + ")")


def _rule_text(rule: PolicyRule) -> str:
    where = ""
    if rule.ports is not None:
        where = f" at {sorted(rule.ports.numbers)} {sorted(rule.ports.names)}"
    return f"{rule.slice} {rule.priority}: {rule.matches[0]}{where}"


def _slice(name: str, controllers: int, share: Share) -> SlicePolicy:
    base = 7000 + 10 * SLICES.index(name)
    dialled = tuple(Dial(Endpoint("127.0.0.1", base + each)) for each in range(controllers))
    return SlicePolicy(name, dialled, Limits(), share)


# ---- packets ----

_ports = st.sampled_from(NUMBERS)
_tag = st.builds(Tag, st.sampled_from((0x8100, 0x88A8)), st.sampled_from((0, *VLANS)), st.just(0))


@st.composite
def packets(draw: DrawFn) -> Packet:
    """Packets that the fields above tell apart."""
    values = {
        "eth_dst": draw(st.sampled_from(HARDWARE)),
        "eth_src": draw(st.sampled_from(HARDWARE)),
    }
    first = later = False
    match draw(st.sampled_from(("tcp", "tcp", "udp", "arp", "other"))):
        case "arp":
            spa = draw(st.sampled_from(ADDRESSES))
            values |= {"eth_type": _ARP, "arp_op": draw(st.integers(1, 2)), "arp_spa": spa}
        case "other":
            values |= {"eth_type": _OTHER}
        case protocol:
            values |= {"eth_type": _IPV4, "ip_proto": _TCP if protocol == "tcp" else _UDP}
            values |= {name: draw(st.sampled_from(ADDRESSES)) for name in ("ipv4_src", "ipv4_dst")}
            first, later = draw(
                st.sampled_from(((False, False),) * 4 + ((True, False), (False, True)))
            )
            if not later:
                values |= {f"{protocol}_{end}": draw(_ports) for end in ("src", "dst")}
    count = draw(st.sampled_from((0, 1, 1, 2)))
    tags = draw(st.lists(_tag, min_size=count, max_size=count))
    return Packet.of(*tags, first_fragment=first, later_fragment=later, **values)


Arrival = tuple[int, Packet]


@st.composite
def arrivals(draw: DrawFn) -> Shown[Arrival]:
    """A packet and the port that it comes in by."""
    number, packet = draw(st.sampled_from(ALL_PORTS)), draw(packets())
    return Shown((number, packet), f"{packet} at port {number:#x}")
