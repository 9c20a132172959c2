"""Open vSwitch's own reading of packets against ours: `ovs-ofctl parse-pcap` is the oracle."""

import re
import subprocess
from ipaddress import ip_address
from pathlib import Path
from struct import pack

import pytest

from slicer.flowspace import FIELDS, Point, parse
from slicer.flowspace.text import ETH_TYPE_NAMES
from tests.property.flowspace_packets import packets

# What ovs-ofctl calls a field, where the prerequisites do not decide it.
NAMES = {
    "dl_src": "eth_src",
    "dl_dst": "eth_dst",
    "dl_vlan_pcp": "vlan_pcp",
    "nw_proto": "ip_proto",
    "nw_ecn": "ip_ecn",
    "ipv6_src": "ipv6_src",
    "ipv6_dst": "ipv6_dst",
    "ipv6_label": "ipv6_flabel",
    "nd_target": "ipv6_nd_target",
    "nd_sll": "ipv6_nd_sll",
    "nd_tll": "ipv6_nd_tll",
    **{name: name for name in FIELDS if name.startswith(("arp_", "mpls_"))},
}
# The word that stands for an eth_type and perhaps an ip_proto.
KINDS = {
    **{name: (number, None) for name, number in ETH_TYPE_NAMES.items()},
    "mplsm": (0x8848, None),
    "ip": (0x0800, None),
    "tcp": (0x0800, 6),
    "udp": (0x0800, 17),
    "sctp": (0x0800, 132),
    "icmp": (0x0800, 1),
    "igmp": (0x0800, 2),
    "tcp6": (0x86DD, 6),
    "udp6": (0x86DD, 17),
    "sctp6": (0x86DD, 132),
    "icmp6": (0x86DD, 58),
}
PORTS = {6: "tcp", 17: "udp", 132: "sctp"}


def point_of_line(line: str) -> Point:
    """The point that one line of `ovs-ofctl parse-pcap` describes."""
    values: dict[str, int] = {"port": 0}
    raw: dict[str, str] = {}
    for word in re.split(r",(?![^(]*\))", line):
        name, _, value = word.partition("=")
        if not value and name in KINDS:
            values["eth_type"], proto = KINDS[name]
            if proto is not None:
                values["ip_proto"] = proto
        raw[name] = value
    if "dl_type" in raw:
        values["eth_type"] = int(raw["dl_type"], 16)
    values["vlan_vid"] = 0x1000 | int(raw["dl_vlan"]) if "dl_vlan" in raw else 0
    if "nw_tos" in raw:
        values["ip_dscp"] = int(raw["nw_tos"]) >> 2
    if "nw_src" in raw:
        values["ipv4_src"], values["ipv4_dst"] = number(raw["nw_src"]), number(raw["nw_dst"])
    later = raw.get("nw_frag") == "later"
    for name, value in raw.items():
        if name in NAMES:
            values[NAMES[name]] = number(value)
    transport = transport_names(values)
    for name, field in transport.items():
        if name in raw:
            values[field] = number(raw[name])
    applicable = {
        name: value for name, value in values.items() if FIELDS[name].applies(wide(values))
    }
    return Point.of(later, **applicable)


def transport_names(values: dict[str, int]) -> dict[str, str]:
    """What the words of the transport header mean for this packet."""
    proto = values.get("ip_proto", 0)
    if proto in PORTS:
        return {"tp_src": f"{PORTS[proto]}_src", "tp_dst": f"{PORTS[proto]}_dst"}
    version = {0x0800: 1, 0x86DD: 58}.get(values["eth_type"])
    if proto == version:
        kind = "icmpv4" if proto == 1 else "icmpv6"
        return {"icmp_type": f"{kind}_type", "icmp_code": f"{kind}_code"}
    return {}


def wide(values: dict[str, int]) -> int:
    return sum(value << FIELDS[name].shift for name, value in values.items())


def number(text: str) -> int:
    if re.fullmatch("(..:){5}..", text):
        return int(text.replace(":", ""), 16)
    if "." in text or ":" in text:
        return int(ip_address(text))
    return int(text, 0)


def pcap(frames: list[bytes]) -> bytes:
    head = pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(pack("<IIII", 0, 0, len(f), len(f)) + f for f in frames)


@pytest.mark.parametrize("seed", range(4))
def test_we_read_packets_as_open_vswitch_does(tmp_path: Path, seed: int) -> None:
    frames = [frame for frame in packets(seed, 5000) if frame]  # ovs-ofctl ends at an empty one
    file = tmp_path / "packets.pcap"
    file.write_bytes(pcap(frames))
    done = subprocess.run(
        ["ovs-ofctl", "parse-pcap", str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(frames)
    for frame, line in zip(frames, lines, strict=True):
        # ovs-ofctl looks at two VLAN tags; a bridge does by default only at one.
        assert parse(frame, 0, vlan_limit=2) == point_of_line(line), f"{frame.hex()}: {line}"
