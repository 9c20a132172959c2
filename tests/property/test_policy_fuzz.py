"""Any text gives a policy or a PolicyError, and what is accepted can be used."""

from dataclasses import replace

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from slicer.flowspace import FIELDS
from slicer.policy import Policy, PolicyError, parse
from slicer.proxy.entitling import entitlements
from tests.fakes.network import port as port_of

VOCABULARY = """
listen datapaths links ends slices flowspace slice priority match ports controllers limits
shares dpid capacity guarantee share ceiling flows office video s1 s2 0x1 1 2 7000 65535 -1 0
.nan 1e400 s1:1 s2:eth0 100M 30% tcp:127.0.0.1:6633 tcp:10.0.0.1:1 ptcp:7000 ptcp:7001:0.0.0.0
1-3 9-1 LOCAL eth0 ipv4 ipv6 arp tcp 10.0.0.0/8 02:00:00:00:00:01 any none fe80::/10 0x10/0xf0
<< metadata nw_src
"""
WORDS = st.sampled_from([*VOCABULARY.split(), *FIELDS])
SCALARS = WORDS | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)

GOOD_MATCHES: list[dict[str, object]] = [
    {},
    {"eth_type": "arp"},
    {"ipv4_src": "10.0.0.0/8"},
    {"eth_type": ["ipv4", "ipv6"], "tcp_dst": "80-89"},
    {"eth_type": "ipv4", "udp_dst": [53, 67]},
    {"eth_type": "ipv6", "ip_proto": "tcp"},
    {"vlan_vid": "1-3"},
    {"vlan_vid": "none", "eth_dst": "01:00:00:00:00:00/01:00:00:00:00:00"},
]
MATCHES = st.sampled_from(GOOD_MATCHES) | st.dictionaries(
    st.sampled_from(list(FIELDS)), WORDS | st.lists(WORDS, max_size=3), max_size=2
)
RULES = st.fixed_dictionaries(
    {"slice": st.sampled_from(("office", "video")), "priority": st.integers(1, 5)},
    optional={
        "ports": st.lists(st.sampled_from((1, 2, "3-5", "LOCAL", "eth0")), min_size=1),
        "datapaths": st.lists(st.sampled_from(("s1", "s2", 1, 2)), min_size=1),
        "match": MATCHES,
    },
)
SLICE = st.fixed_dictionaries(
    {"controllers": st.sampled_from(("tcp:10.0.0.1:1", "ptcp:7000", "ptcp:7002"))},
    optional={
        "limits": st.dictionaries(st.sampled_from(("flows", "meters")), st.integers(0, 9)),
        "shares": st.fixed_dictionaries(
            {"share": st.integers(1, 9) | SCALARS},
            optional=dict.fromkeys(("guarantee", "ceiling"), st.sampled_from(("1M", "9M", "60%"))),
        ),
    },
)
ENDS = st.sampled_from(("s1:1", "s1:eth0", "s2:1", "2:LOCAL"))
LINK = st.fixed_dictionaries(
    {"ends": st.lists(ENDS, min_size=2, max_size=2), "capacity": st.sampled_from(("5M", "1G"))}
)
POLICIES = st.fixed_dictionaries(
    {
        "listen": st.just(["tcp:127.0.0.1:6633"]),
        "datapaths": st.just({"s1": {"dpid": 1}, "s2": {"dpid": 2}}),
        "slices": st.fixed_dictionaries({"office": SLICE, "video": SLICE}),
        "flowspace": st.lists(RULES, min_size=1, max_size=6),
    },
    optional={"links": st.lists(LINK, min_size=1, max_size=2)},
)


def judged(text: str) -> Policy | None:
    """The policy, or None when it was refused with reasons that have a place."""
    try:
        return parse(text, "p")
    except PolicyError as error:
        refusal = error
    lines = 2 + sum(text.count(end) for end in "\n\r\x85\u2028\u2029")
    assert refusal.errors
    for problem in refusal.errors:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert problem.found
        assert problem.expected
    return None


@given(st.text())
@example("\ud800")
@example("? [a]\n: b")
@example("&a [*a]")
@example("{" * 5000)
@example("- " * 5000)
@example("!!python/name:os.system")
@example("%YAML 1.1\n---\na")
@example("\ufeff")
@example("a: |\n  b\n\x85c")
def test_any_text(text: str) -> None:
    assert judged(text) is None


@given(TREES, st.booleans())
def test_any_tree_of_words(tree: object, flow: bool) -> None:
    judged(yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True))


@given(
    st.dictionaries(st.sampled_from(("listen", "datapaths", "links", "slices", "flowspace")), TREES)
)
def test_any_sections(tree: object) -> None:
    judged(yaml.safe_dump(tree, allow_unicode=True))


@given(POLICIES)
def test_what_is_accepted_can_be_used(tree: object) -> None:
    policy = judged(yaml.safe_dump(tree))
    if policy is None:
        return
    for dpid in (1, 2, 3):
        space = policy.flowspace_on(dpid, {"eth0": 9})
        assert list(space.conflicts()) == []
        for hazard in space.fragment_hazards():
            assert hazard.priority <= 65535
        for name, slice_policy in policy.slices.items():
            space.ports_of(name)
            for index in range(len(slice_policy.met)):
                policy.listen_port(name, index, dpid)


@given(POLICIES)
def test_no_two_slivers_listen_at_one_port(tree: object) -> None:
    policy = judged(yaml.safe_dump(tree))
    if policy is not None:
        ports = [
            policy.listen_port(name, index, dpid)
            for name, each in policy.slices.items()
            for index in range(len(each.met))
            for dpid in (1, 2)
        ]
        listening = [port for port in ports if port is not None]
        assert len(set(listening)) == len(listening)


@given(POLICIES)
def test_what_is_accepted_promises_no_port_more_than_the_policy_says_it_carries(
    tree: object,
) -> None:
    policy = judged(yaml.safe_dump(tree))
    for link in policy.links if policy is not None else ():
        for dpid, end in link.ends:
            assert policy is not None
            number, name = (end, "") if isinstance(end, int) else (9, end)
            space = policy.flowspace_on(dpid, {name: number} if name else {})
            port = replace(port_of(number), name=name or "unnamed")
            given_ = entitlements(policy, dpid, space, {number: port}).ports[number]
            assert given_.capacity is not None
            assert given_.capacity <= link.capacity.bits_per_second
            assert not given_.overbooked
