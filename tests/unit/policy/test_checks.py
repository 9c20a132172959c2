import pytest

from slicer.policy import checks
from tests.unit.policy.policies import complaints, policy, problems, text, warnings

SLICES = "{video: {controllers: tcp:10.0.0.1:1}, office: {controllers: tcp:10.0.0.1:2}}"


def rules(*lines: str) -> str:
    return "\n" + "\n".join(f"  - {{{line}}}" for line in lines)


def errors(*lines: str) -> list[str]:
    return complaints(slices=SLICES, flowspace=rules(*lines))


def warned(*lines: str) -> list[str]:
    return warnings(slices=SLICES, flowspace=rules(*lines))


def test_rules_of_one_priority_that_overlap_are_an_error_that_shows_a_packet() -> None:
    source = text(
        slices=SLICES,
        flowspace=rules(
            "slice: video, priority: 5, match: {eth_type: ipv4, ip_proto: tcp, tcp_dst: 80-89}",
            "slice: office, priority: 5, match: {ipv4_dst: 10.0.0.0/8}",
        ),
    )
    assert problems(source) == [
        "5:5: found a rule that overlaps that of line 4 (slice video) in priority 5: the packet "
        "eth_type=ipv4, ip_proto=tcp, ipv4_dst=10.0.0.0, tcp_dst=80 would be in both, expected "
        "another priority, or rules that do not overlap"
    ]


@pytest.mark.parametrize(
    ("first", "second", "packet"),
    [
        ("", "", "any packet"),
        (", ports: [1, 2]", ", ports: [2, 3]", "the packet port=2"),
        (", ports: LOCAL", "", "the packet port=LOCAL"),
        (", ports: eth0", ", ports: eth0, match: {eth_type: arp}", "the packet eth_type=arp"),
        (", datapaths: [1, 2]", ", datapaths: 2", "any packet"),
    ],
)
def test_the_packet_is_in_both_rules(first: str, second: str, packet: str) -> None:
    (error,) = errors(f"slice: video, priority: 5{first}", f"slice: office, priority: 5{second}")
    assert f": {packet} would be in both" in error


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (", ports: [1, 2]", ", ports: [3]"),
        (", ports: eth0", ", ports: eth1"),
        (", datapaths: 1", ", datapaths: 2"),
        (", match: {eth_type: arp}", ", match: {eth_type: ipv4}"),
        (", match: {vlan_vid: none}", ", match: {vlan_vid: any}"),
    ],
)
def test_rules_of_one_priority_that_do_not_overlap_are_fine(first: str, second: str) -> None:
    assert errors(f"slice: video, priority: 5{first}", f"slice: office, priority: 5{second}") == []


def test_two_rules_conflict_once_however_many_matches_they_have() -> None:
    ports = "match: {eth_type: ipv4, tcp_dst: [1, 2, 3]}"
    assert (
        len(errors(f"slice: video, priority: 5, {ports}", f"slice: office, priority: 5, {ports}"))
        == 1
    )


def test_the_number_of_conflicts_shown_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "MAX_CONFLICTS", 7)
    lines = [f"slice: {name}, priority: 5" for name in ("video", "office") * 10]
    assert len(errors(*lines)) == 7


def test_ports_by_name_and_by_number_may_be_the_same() -> None:
    (error,) = errors(
        "slice: video, priority: 5, ports: [s1-eth1]", "slice: office, priority: 5, ports: [1]"
    )
    assert error == (
        "found ports that may be those of line 4 (slice video) in priority 5, because one rule "
        "names them and the other numbers them, expected the same way of writing in both, or "
        "another priority"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("priority: 5, ports: [s1-eth1]", "priority: 6, ports: [1]"),
        ("priority: 5, ports: a, match: {arp_op: 1}", "priority: 5, ports: 1, match: {arp_op: 2}"),
        ("priority: 5, ports: [a], datapaths: 1", "priority: 5, ports: 1, datapaths: 2"),
    ],
)  # fmt: skip
def test_ports_by_name_and_by_number_that_cannot_meet(first: str, second: str) -> None:
    assert errors(f"slice: video, {first}", f"slice: office, {second}") == []


def test_a_rule_that_never_holds_is_warned_of() -> None:
    found = policy(
        slices=SLICES,
        flowspace=rules(
            "slice: office, priority: 9",
            "slice: video, priority: 5, match: {vlan_vid: [1, 2]}",
            "slice: video, priority: 20, match: {vlan_vid: 3}",
        ),
    ).warnings
    assert [str(notice) for notice in found] == [
        "p:5:5: warning: this rule never holds: rules of higher priority cover all of it"
    ]


def test_a_rule_of_which_a_part_holds_is_not_warned_of() -> None:
    assert (
        warned(
            "slice: office, priority: 9, match: {vlan_vid: 1}",
            "slice: video, priority: 5, match: {vlan_vid: [1, 2]}",
        )
        == []
    )


def test_fragments_that_will_be_dropped_are_warned_of() -> None:
    assert warned(
        "slice: video, priority: 9, match: {eth_type: ipv4, tcp_dst: [1, 2]}",
        "slice: video, priority: 8, match: {eth_type: arp}",
        "slice: office, priority: 1",
    ) == [
        "later IP fragments (eth_type=ipv4, ip_proto=tcp) cannot be told from those of slice "
        "office (line 6) and will be dropped"
    ]


def test_two_slices_are_warned_of_once_however_many_fragments_they_share() -> None:
    found = warned(
        "slice: video, priority: 9, match: {eth_type: [ipv4, ipv6], tcp_dst: 1}",
        "slice: video, priority: 8, match: {eth_type: [ipv4, ipv6], udp_dst: 1}",
        "slice: video, priority: 7, match: {eth_type: arp}",
        "slice: video, priority: 7, match: {icmpv6_type: 135}",
        "slice: office, priority: 1",
    )
    assert found == [
        "later IP fragments (eth_type=ipv4, ip_proto=tcp) cannot be told from those of slice "
        "office (line 8) and will be dropped; likewise for 2 more of its rules"
    ]


def test_a_slice_without_rules_is_warned_of() -> None:
    assert warned("slice: office, priority: 1") == [
        "slice video has no rule in the flowspace and owns nothing"
    ]


def test_a_slice_without_arp_is_warned_of() -> None:
    assert warned(
        "slice: video, priority: 9, match: {ipv4_src: 10.0.0.0/8}", "slice: office, priority: 1"
    ) == [
        "slice video owns IPv4 packets but no ARP (eth_type: arp): that of its hosts belongs to "
        "slice office"
    ]


def test_arp_that_nobody_owns_is_warned_of() -> None:
    found = warned(
        "slice: video, priority: 9, match: {eth_type: ipv4, ipv4_src: 10.0.0.0/8}",
        "slice: office, priority: 9, match: {eth_type: arp}",
        "slice: office, priority: 8, match: {eth_type: ipv4}",
    )
    assert found == [
        "slice video owns IPv4 packets but no ARP (eth_type: arp): that of its hosts belongs to "
        "slice office"
    ]
    assert warnings(flowspace="[{slice: office, priority: 1, match: {eth_type: ipv4}}]") == [
        "slice office owns IPv4 packets but no ARP (eth_type: arp): that of its hosts belongs to "
        "nobody"
    ]


def test_arp_of_another_vlan_does_not_help() -> None:
    assert warned(
        "slice: video, priority: 9, match: {vlan_vid: 5, eth_type: ipv4}",
        "slice: video, priority: 9, match: {vlan_vid: 7}",
        "slice: office, priority: 20, match: {vlan_vid: 6}",
        "slice: office, priority: 1, match: {vlan_vid: 5, eth_type: arp}",
    ) == [
        "slice video owns IPv4 packets but no ARP (eth_type: arp): that of its hosts belongs to "
        "slice office"
    ]
    assert (
        warned(
            "slice: video, priority: 9, match: {vlan_vid: 5, eth_type: [ipv4, arp]}",
            "slice: office, priority: 20, match: {vlan_vid: 6}",
        )
        == []
    )


def test_a_slice_without_neighbour_discovery_is_warned_of() -> None:
    rule = "{slice: office, priority: 1, match: {ipv6_src: 'fe80::/10', ip_proto: udp}}"
    assert warnings(flowspace=f"[{rule}]") == [
        "slice office owns IPv6 packets but no neighbour discovery (icmpv6_type: 135, 136): that "
        "of its hosts belongs to nobody"
    ]  # fmt: skip


def test_a_slice_with_all_it_needs_is_not_warned_of() -> None:
    assert (
        warned("slice: video, priority: 9, match: {vlan_vid: 1}", "slice: office, priority: 1")
        == []
    )
