"""A tenant's bundles on real Open vSwitch, with ovs-ofctl."""

from tests.live.lab import Lab, command
from tests.live.sliced import hosts_and_switch, slicer, tenant_flows
from tests.live.test_groups import groups, ofctl
from tests.live.test_slices import BLUE, LISTENED, RED


def test_flows_are_added_and_replaced_all_or_none(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, LISTENED)
    file = lab.folder / "flows"
    lines = (f"table={n % 9},priority={n},icmp,actions=output:2\n" for n in range(500))
    file.write_text("".join(lines))
    ofctl(BLUE, "add-flow", "in_port=3,actions=output:4")
    kept = tenant_flows(BLUE)
    command("ovs-ofctl", "-O", "OpenFlow13", "--bundle", "add-flows", RED, str(file))
    assert len(tenant_flows(RED)) == 500
    file.write_text("priority=5,icmp,actions=output:1\npriority=501,arp,actions=output:2\n")
    command("ovs-ofctl", "-O", "OpenFlow13", "--bundle", "replace-flows", RED, str(file))
    before = tenant_flows(RED)
    assert len(before) == 2
    file.write_text("priority=7,arp,actions=output:1\npriority=8,arp,actions=group:77\n")
    arguments = ("-O", "OpenFlow13", "--bundle", "add-flows", RED, str(file))
    refused = lab.start(["ovs-ofctl", *arguments], "refused")
    assert refused.wait() == 1
    assert "OFPBAC_BAD_OUT_GROUP" in refused.log
    assert "OFPBFC_MSG_FAILED" in refused.log
    assert tenant_flows(RED) == before
    assert tenant_flows(BLUE) == kept


def test_groups_and_flows_that_use_them_come_together_and_go_with_a_new_bundle(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, LISTENED)
    file = lab.folder / "bundle"
    file.write_text(
        "group group_id=1,type=all,bucket=output:2\n"
        "group add group_id=2,type=indirect,bucket=group:1\n"
        "flow add in_port=1,actions=group:2\n"
        "flow add in_port=2,actions=output:1\n"
    )
    for tool in (RED, BLUE):
        ofctl(tool, "bundle", str(file))
    assert len(groups(RED)) == len(groups(BLUE)) == 2
    h = lab.hosts
    assert h["h1"].ping(h["h2"].ip, 3) == 3
    file.write_text("group delete\nflow delete\nflow add in_port=1,actions=output:2\n")
    ofctl(RED, "bundle", str(file))
    assert groups(RED) == []
    assert tenant_flows(RED) == ["cookie=0x0, table=0, in_port=1 actions=output:2"]
    assert len(groups(BLUE)) == len(tenant_flows(BLUE)) == 2
