"""What the policy says of datapaths, and what is kept of it."""

from __future__ import annotations

from slicer.policy import parse
from slicer.proxy.policy_view import PolicyView

POLICY = """
listen: [tcp:127.0.0.1:6633]
datapaths: {s1: {dpid: 1}, s2: {dpid: 2}, s3: {dpid: 3}, s4: {dpid: 4}}
slices: {red: {controllers: [ptcp:7000]}, blue: {controllers: [ptcp:7100]}}
flowspace:
  - {slice: red, priority: 1}
  - {slice: blue, priority: 2, ports: [uplink]}
  - {slice: blue, priority: 3, datapaths: [s4], match: {eth_type: arp}}
"""


def view() -> PolicyView:
    return PolicyView(parse(POLICY, "p"))


def test_datapaths_to_which_the_policy_gives_the_same_share_its_rules() -> None:
    subject = view()
    one = subject.flowspace_on(1, {"uplink": 3, "eth0": 1})
    other = subject.flowspace_on(2, {"eth7": 9, "uplink": 3})
    assert other.rules is one.rules
    assert other == one
    assert one.ports_of("blue") == frozenset({3})


def test_a_port_of_that_name_elsewhere_or_a_rule_for_one_dpid_makes_another() -> None:
    subject = view()
    spaces = [
        subject.flowspace_on(1, {"uplink": 3}),
        subject.flowspace_on(2, {"uplink": 4}),
        subject.flowspace_on(3, {}),
        subject.flowspace_on(4, {"uplink": 3}),
    ]
    assert len({id(space.rules) for space in spaces}) == 4
    assert [space.ports_of("blue") for space in spaces] == [{3}, {4}, set(), None]


def test_it_is_read_anew_when_a_port_gets_another_number() -> None:
    subject = view()
    before = subject.flowspace_on(1, {"uplink": 3}).rules
    assert subject.flowspace_on(1, {"uplink": 5}).ports_of("blue") == frozenset({5})
    assert subject.flowspace_on(1, {"uplink": 3}).rules is not before, "nobody had it any more"


def test_watchers_have_an_intake_of_their_own() -> None:
    limited = POLICY.replace("ptcp:7000]", "ptcp:7000], limits: {messages_per_second: 1}")
    subject = PolicyView(parse(limited, "p"))
    controllers, watchers = subject.intake_of("red"), subject.watchers_intake_of("red")
    assert controllers is not None
    assert watchers is not None
    assert watchers is subject.watchers_intake_of("red"), "one for all datapaths"
    assert watchers.admit(8, 0.0) == 0
    assert watchers.admit(8, 0.0) > 0
    assert controllers.admit(8, 0.0) == 0
    assert subject.watchers_intake_of("blue") is None


def test_it_is_kept_as_long_as_any_datapath_has_it() -> None:
    subject = view()
    shared = subject.flowspace_on(1, {"uplink": 3}).rules
    subject.flowspace_on(2, {"uplink": 3})
    subject.forget(1)
    assert subject.flowspace_on(3, {"uplink": 3}).rules is shared
    for dpid in (1, 2, 3):
        subject.forget(dpid)
    assert subject.flowspace_on(1, {"uplink": 3}).rules is not shared


def test_a_datapath_has_the_rules_that_the_policy_gives_it_in_the_policys_order() -> None:
    policy, names = parse(POLICY, "p"), {"uplink": 3}
    for dpid in (1, 4):
        assert PolicyView(policy).flowspace_on(dpid, names) == policy.flowspace_on(dpid, names)


def test_the_size_of_a_datapath_is_its_rules_and_its_slices_ports() -> None:
    assert view().size_on(1, 0) == 2
    assert view().size_on(4, 10) == 3 + 2 * 10
