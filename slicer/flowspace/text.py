"""Header values as people write them: addresses, names of protocols, masks.

For error texts, logs and listings. Reading what people write is the policy's work; it uses
the same tables. Invariant: what is written here, the policy reads back as the same match.
"""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType

from slicer.flowspace.fields import FIELDS, VLAN_ID_MASK, VLAN_PRESENT

ETH_TYPE_NAMES: Mapping[str, int] = MappingProxyType(
    {"ipv4": 0x0800, "arp": 0x0806, "rarp": 0x8035, "mpls": 0x8847, "ipv6": 0x86DD, "lldp": 0x88CC}
)
IP_PROTO_NAMES: Mapping[str, int] = MappingProxyType(
    {"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "icmpv6": 58, "sctp": 132}
)
PORT_NAMES: Mapping[str, int] = MappingProxyType({"LOCAL": 0xFFFFFFFE, "CONTROLLER": 0xFFFFFFFD})

MAC_FIELDS = frozenset({"eth_dst", "eth_src", "arp_sha", "arp_tha", "ipv6_nd_sll", "ipv6_nd_tll"})
IPV4_FIELDS = frozenset({"ipv4_src", "ipv4_dst", "arp_spa", "arp_tpa"})
IPV6_FIELDS = frozenset({"ipv6_src", "ipv6_dst", "ipv6_nd_target"})


def format_fields(fields: Mapping[str, tuple[int, int]]) -> str:
    """`eth_type=ipv4, ip_proto=tcp, tcp_dst=80`: each field's (value, mask), readably."""
    return ", ".join(f"{name}={format_value(name, *pair)}" for name, pair in fields.items())


def format_value(name: str, value: int, mask: int) -> str:
    """One field's value and mask, e.g. `10.0.0.0/8`, `02:00:00:00:00:01`, `0x50/0xfff0`."""
    ones = FIELDS[name].ones
    if name in IPV4_FIELDS:
        return _address(value, mask, 32, lambda number: str(IPv4Address(number)))
    if name in IPV6_FIELDS:
        return _address(value, mask, 128, lambda number: str(IPv6Address(number)))
    if name in MAC_FIELDS:
        return mac_text(value) if mask == ones else f"{mac_text(value)}/{mac_text(mask)}"
    if name == "vlan_vid":
        return _vlan(value, mask)
    if mask != ones:
        return f"{value:#x}/{mask:#x}"
    plain = f"{value:#06x}" if name == "eth_type" else str(value)
    return _NAMED.get(name, {}).get(value, plain)


def mac_text(value: int) -> str:
    """`02:00:00:00:00:01`."""
    return value.to_bytes(6, "big").hex(":")


def _address(value: int, mask: int, bits: int, write: Callable[[int], str]) -> str:
    wild = mask ^ ((1 << bits) - 1)
    if not wild:
        return write(value)
    if not wild & (wild + 1):
        return f"{write(value)}/{bits - wild.bit_length()}"
    return f"{write(value)}/{write(mask)}"


def _vlan(value: int, mask: int) -> str:
    if value == 0 and mask & VLAN_PRESENT:
        return "none"
    if value == mask == VLAN_PRESENT:
        return "any"
    if mask == VLAN_PRESENT | VLAN_ID_MASK:
        return str(value & VLAN_ID_MASK)
    return f"{value:#x}/{mask:#x}"


_NAMED: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "eth_type": {number: name for name, number in ETH_TYPE_NAMES.items()},
        "ip_proto": {number: name for name, number in IP_PROTO_NAMES.items()},
        "port": {number: name for name, number in PORT_NAMES.items()},
    }
)
