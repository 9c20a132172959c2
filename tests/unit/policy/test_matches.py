import pytest

from slicer.flowspace import FIELDS, Match
from slicer.policy import matches as module
from tests.unit.policy.policies import complaints, policy, problems, text


def matches(match: str) -> tuple[Match, ...]:
    (rule,) = policy(flowspace=f"[{{slice: office, priority: 1, match: {match}}}]").flowspace
    return rule.matches


def errors(match: str) -> list[str]:
    return complaints(flowspace=f"[{{slice: office, priority: 1, match: {match}}}]")


def test_an_empty_match_is_any_packet() -> None:
    assert matches("{}") == (Match.ANY,)


@pytest.mark.parametrize(
    ("match", "fields"),
    [
        ("{ipv4_src: 10.0.0.1}", {"eth_type": 0x0800, "ipv4_src": 0x0A000001}),
        ("{ipv4_src: 0.0.0.0/0}", {"eth_type": 0x0800}),
        ("{arp_tpa: 10.0.0.1}", {"eth_type": 0x0806, "arp_tpa": 0x0A000001}),
        ("{eth_type: rarp, arp_op: 3}", {"eth_type": 0x8035, "arp_op": 3}),
        ("{ipv6_flabel: 5}", {"eth_type": 0x86DD, "ipv6_flabel": 5}),
        ("{vlan_pcp: 3}", {"vlan_vid": (0x1000, 0x1000), "vlan_pcp": 3}),
        ("{vlan_pcp: 3, vlan_vid: 5}", {"vlan_vid": 0x1005, "vlan_pcp": 3}),
        ("{eth_type: ipv6, tcp_dst: 80}", {"eth_type": 0x86DD, "ip_proto": 6, "tcp_dst": 80}),
        (
            "{ipv4_dst: 10.0.0.1, udp_dst: 53}",
            {"eth_type": 0x0800, "ip_proto": 17, "ipv4_dst": 0x0A000001, "udp_dst": 53},
        ),
        ("{icmpv4_type: 8}", {"eth_type": 0x0800, "ip_proto": 1, "icmpv4_type": 8}),
        ("{icmpv6_type: 128}", {"eth_type": 0x86DD, "ip_proto": 58, "icmpv6_type": 128}),
        (
            "{ipv6_nd_sll: 02:00:00:00:00:01}",
            {
                "eth_type": 0x86DD,
                "ip_proto": 58,
                "icmpv6_type": 135,
                "icmpv6_code": 0,
                "ipv6_nd_sll": 0x020000000001,
            },
        ),
        ("{eth_type: mpls, mpls_label: 16}", {"eth_type": 0x8847, "mpls_label": 16}),
        ("{tunnel_id: 7}", {"tunnel_id": 7}),
    ],
)
def test_prerequisites_that_go_without_saying_are_added(
    match: str, fields: dict[str, int | tuple[int, int]]
) -> None:
    assert matches(match) == (Match.of(**fields),)


def test_ranges_and_lists_are_several_matches() -> None:
    web = matches("{eth_type: [ipv4, ipv6], tcp_dst: [80, 8080-8083]}")
    assert web == tuple(
        Match.of(eth_type=eth_type, ip_proto=6, tcp_dst=port)
        for eth_type in (0x0800, 0x86DD)
        for port in ((80, 0xFFFF), (8080, 0xFFFC))
    )


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("[]", ["found a list, expected a mapping from field to value"]),
        ("", ["found nothing, expected a mapping from field to value"]),
        ("{tcp_dst: 1}", ["found tcp_dst without eth_type, expected eth_type: ipv4 or eth_type: "
                          "ipv6 with it"]),
        ("{ip_proto: tcp}", ["found ip_proto without eth_type, expected eth_type: ipv4 or "
                             "eth_type: ipv6 with it"]),
        ("{mpls_bos: 1}", ["found mpls_bos without eth_type, expected eth_type: mpls or eth_type: "
                           "0x8848 with it"]),
        (
            "{ipv6_nd_target: fe80::1}",
            ["found ipv6_nd_target without icmpv6_type, expected icmpv6_type: 135 or "
             "icmpv6_type: 136 with it"],
        ),
        (
            "{arp_spa: 10.0.0.1, ip_proto: tcp}",
            ["found eth_type arp with ip_proto, expected eth_type: ipv4 or ipv6, which ip_proto "
             "requires"],
        ),
        (
            "{eth_type: ipv4, tcp_dst: 1, udp_dst: 1}",
            ["found ip_proto udp with tcp_dst, expected ip_proto: tcp, which tcp_dst requires"],
        ),
        (
            "{eth_type: [ipv4, arp], ipv4_src: 10.0.0.1}",
            ["found eth_type arp with ipv4_src, expected eth_type: ipv4, which ipv4_src requires"],
        ),
        (
            "{vlan_vid: none, vlan_pcp: 1}",
            ["found vlan_vid none with vlan_pcp, expected vlan_vid: any, or a VLAN id, which "
             "vlan_pcp requires"],
        ),
        ("{tcp_dst: []}", ["found an empty list, expected a value of tcp_dst, or a list of them"]),
        ("{tcp_dst: {a: b}}", ["found a mapping, expected a value of tcp_dst, or a list of them"]),
        ("{tcp_dst: [[1]]}", ["found a list, expected a value of tcp_dst"]),
        ("{tcp_dst: }", ["found nothing, expected a value of tcp_dst, or a list of them"]),
        ("{[1]: 2}", ["found a list as a key, expected a word"]),
        ("{eth_type: arp, eth_type: ipv4}", ["found 'eth_type' again, expected each key once "
                                             "(first in line 3)"]),
        ("{nw_src: 1}", ["found field 'nw_src', expected its OXM name, ipv4_src or arp_spa"]),
        ("{tp_dst: 1}", ["found field 'tp_dst', expected its OXM name, tcp_dst, udp_dst or "
                         "sctp_dst"]),
        (
            "{in_port: 1}",
            ["found field 'in_port', expected a field of the flowspace: ports belong in the rule's "
             "`ports`, because they hold for a packet that leaves as for one that enters"],
        ),
        ("{metadata: 1}", ["found field 'metadata', expected a field of the flowspace: metadata "
                           "belongs to the tenants"]),
        ("{ipv6_exthdr: 1}", ["found field 'ipv6_exthdr', expected a field of the flowspace: Open "
                              "vSwitch cannot match it"]),
        ("{port: 1}", ["found field 'port', expected a field of the flowspace: ports belong in the "
                       "rule's `ports`, because they hold for a packet that leaves as for one that "
                       "enters"]),
        (
            "{eth_type: ipv4, ip_proto: 0-255, ip_dscp: 0-63}",
            ["found 16384 combinations of values, expected at most 4096"],
        ),
        (
            "{tcp_dst: x, udp_dst: 80000, eth_tpye: arp}",
            [
                "found tcp_dst 'x', expected a number from 0 to 65535, a range such as 1-9, or "
                "value/mask",
                "found udp_dst '80000', expected a number from 0 to 65535, a range such as 1-9, "
                "or value/mask",
                "found field 'eth_tpye', expected eth_type",
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_no_match_is_refused(match: str, expected: list[str]) -> None:
    found = errors(match)
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_errors_stand_at_the_field_or_its_value() -> None:
    rule = "{slice: office, priority: 1, match: {eth_type: ipv4, tcp_dts: 1, tcp_dst: x}}"
    source = text(flowspace=f"[{rule}]")
    places = [line.split(": ")[0] for line in problems(source)]
    line = source.splitlines()[2]
    assert places == [f"3:{line.index('tcp_dts') + 1}", f"3:{line.index('x}') + 1}"]


def test_other_names_of_fields_lead_to_real_ones() -> None:
    for real in module._OTHER_NAMES.values():
        for name in real.replace(" or ", ", ").split(", "):
            assert name in FIELDS
