"""The lab itself: hosts reach each other over its bridges, and it leaves nothing behind."""

from pathlib import Path

import pytest

from tests.live.lab import Lab, command, connections, wait_for


def test_hosts_on_two_linked_bridges_reach_each_other(lab: Lab) -> None:
    for dpid, name in enumerate(("s1", "s2"), start=1):
        lab.bridge(name, dpid).ofctl("add-flow", "actions=NORMAL")
    lab.link("s1", 2, "s2", 2)
    h1 = lab.host("h1", "s1", 1, "10.0.0.1/24")
    h2 = lab.host("h2", "s2", 1, "10.0.0.2/24")
    assert h1.ping(h2.ip) == 3
    server = h2.popen(["iperf3", "-s", "-1", "--forceflush"], "iperf3")
    server.wait_for_log("Server listening")
    assert h1.run(["iperf3", "-c", h2.ip, "-n", "100K"]).returncode == 0


def test_a_bridge_forwards_nothing_by_itself(lab: Lab) -> None:
    lab.bridge("s1", 1)
    h1 = lab.host("h1", "s1", 1, "10.0.0.1/24")
    lab.host("h2", "s1", 2, "10.0.0.2/24")
    assert h1.ping("10.0.0.2", count=1) == 0


def test_hosts_with_ipv6_reach_each_other(lab: Lab) -> None:
    lab.bridge("s1", 1).ofctl("add-flow", "actions=NORMAL")
    h1 = lab.host("h1", "s1", 1, "fd00::1/64")
    h2 = lab.host("h2", "s1", 2, "fd00::2/64")
    assert h1.ping(h2.ip) == 3


def test_a_host_without_ipv6_sends_nothing_by_itself(lab: Lab) -> None:
    bridge = lab.bridge("s1", 1)
    lab.host("h1", "s1", 1, "10.0.0.1/24")
    lab.host("h2", "s1", 2, "10.0.0.2/24").run("sleep 1")
    for port in (1, 2):
        assert "rx pkts=0" in bridge.ofctl("dump-ports", str(port))


def test_a_bridge_connects_to_a_ryu_application(lab: Lab) -> None:
    lab.uncached()
    ryu = lab.start_ryu("ryu", "ryu.app.simple_switch_13", "--ofp-tcp-listen-port", "6653")
    ryu.wait_for_log("instantiating app ryu.controller.ofp_handler")
    bridge = lab.bridge("s1", 0xABC, "tcp:127.0.0.1:6653")
    h1 = lab.host("h1", "s1", 1, "10.0.0.1/24")
    h2 = lab.host("h2", "s1", 2, "10.0.0.2/24")
    wait_for(lambda: "CONTROLLER" in bridge.ofctl("dump-flows"), "table-miss flow")
    assert h1.ping(h2.ip) == 3
    assert connections(6653) == 1
    assert ryu.stop() == 0
    assert "Traceback" not in ryu.log


def test_a_closed_lab_leaves_nothing(ovs: None, tmp_path: Path) -> None:
    before = (command("ovs-vsctl", "show"), command("ip", "-br", "link"))
    with Lab(tmp_path) as lab:
        lab.bridge("s1", 1)
        lab.bridge("s2", 2)
        lab.link("s1", 1, "s2", 1)
        lab.host("h1", "s1", 2, "10.0.0.1/24").popen("sleep 60 & sleep 60", "sleep")
    assert (command("ovs-vsctl", "show"), command("ip", "-br", "link")) == before
    assert command("ip", "netns", "list") == ""
    assert "sleep" not in command("ps", "-e")


def test_a_log_that_never_comes_shows_what_came(lab: Lab) -> None:
    process = lab.start(["sh", "-c", "echo something else; exit 3"], "talker")
    with pytest.raises(AssertionError, match=r"(?s)status 3 before .*something else"):
        process.wait_for_log("the right words")
