"""Queues on real Open vSwitch: made over OVSDB where the kernel forwards, found again, mended, and
taken away; other people's left alone; meters where there can be none.

How much each slice gets is measured in `test_bandwidth.py`.
"""

import json
import re
import signal
import time
from typing import Any

import pytest

from tests.live import sharing
from tests.live.lab import IS_KERNEL, OVSDB, Lab, Process, command, wait_for

kernel = pytest.mark.skipif(not IS_KERNEL, reason="needs the kernel datapath: scripts/kernel")

SHARED = f"""
listen: [tcp:127.0.0.1:6633]
ovsdb: {OVSDB}
datapaths:
  s1: {{dpid: 1, ports: {{2: {{capacity: 10M}}, 3: {{capacity: 20M}}}}}}
slices:
  red: {{controllers: [ptcp:7000], shares: {{guarantee: 1M, share: 30}}}}
  blue: {{controllers: [ptcp:7100], shares: {{share: 70, ceiling: 9M}}}}
flowspace:
  - {{slice: red, priority: 2, ports: [1-3], match: {{eth_type: [ipv4, arp]}}}}
  - {{slice: blue, priority: 1, ports: [1-3]}}
"""
UNSHARED = f"""
listen: [tcp:127.0.0.1:6633]
ovsdb: {OVSDB}
datapaths:
  s1: {{dpid: 1}}
slices:
  red: {{controllers: [ptcp:7000]}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 2, ports: [1-3], match: {{eth_type: [ipv4, arp]}}}}
  - {{slice: blue, priority: 1, ports: [1-3]}}
"""
RED = {"min-rate": "3700000", "max-rate": "10000000"}
BLUE = {"min-rate": "6300000", "max-rate": "9000000"}


def hosts_and_slicer(lab: Lab, policy: str = SHARED) -> Process:
    lab.bridge("s1", 1)
    for number in (1, 2, 3):
        lab.host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    return sharing.sliced(lab, policy)


def rows(table: str) -> list[dict[str, Any]]:
    """All rows of a table, maps as dictionaries."""
    listed = json.loads(command("ovs-vsctl", "--format=json", "list", table))
    return [dict(zip(listed["headings"], map(_plain, row), strict=True)) for row in listed["data"]]


def _plain(value: Any) -> Any:
    return dict(value[1]) if isinstance(value, list) and value[0] == "map" else value


def queues_at(port: str) -> dict[str, dict[str, str]]:
    """What the queues of a port are to let through, by slice."""
    numbers = command("ovs-vsctl", "get", "port", port, "qos").strip()
    if numbers == "[]":
        return {}
    uuids = re.findall(r"=([0-9a-f-]{36})", command("ovs-vsctl", "get", "qos", numbers, "queues"))
    found = {row["_uuid"][1]: row for row in rows("queue")}
    return {
        found[uuid]["external_ids"]["slicer-slice"]: found[uuid]["other_config"] for uuid in uuids
    }


def meters_of_ports(lab: Lab) -> set[int]:
    dumped = lab.bridges["s1"].ofctl("dump-meters")
    return {n for n in map(int, re.findall(r"meter=(\d+)", dumped)) if 0x1_0000 <= n < 0x3_0000}


@kernel
def test_each_slice_has_a_queue_at_each_shared_port_and_emit_sets_it(lab: Lab) -> None:
    hosts_and_slicer(lab)
    assert queues_at("s1-p2") == {"red": RED, "blue": BLUE}
    assert meters_of_ports(lab) == set()
    classes = command("tc", "class", "show", "dev", "s1-p2")
    assert re.search(r"rate 3700Kbit ceil 10Mbit", classes), classes
    assert re.search(r"rate 6300Kbit ceil 9Mbit", classes), classes
    flow = "in_port=1,actions=flood"
    command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", "tcp:127.0.0.1:7000", flow)
    traced = command("ovs-appctl", "ofproto/trace", "s1", "in_port=1,ip")
    actions = traced.rpartition("Datapath actions:")[2].strip()
    red = next(n for n, row in numbered("s1-p2").items() if row["other_config"] == RED)
    assert f"set(skb_priority({0x10001 + red:#x}))" in actions


def numbered(port: str) -> dict[int, dict[str, Any]]:
    qos = command("ovs-vsctl", "get", "port", port, "qos").strip()
    text = command("ovs-vsctl", "get", "qos", qos, "queues")
    found = {row["_uuid"][1]: row for row in rows("queue")}
    return {int(n): found[uuid] for n, uuid in re.findall(r"(\d+)=([0-9a-f-]{36})", text)}


@kernel
@pytest.mark.timeout(300)
def test_what_a_queue_drops_is_counted_for_its_slice(lab: Lab) -> None:
    """Between namespaces packets count towards their socket until they leave the queue, so that a
    sender waits and never fills one of the usual length."""
    slicer = sharing.row(lab, ["{share: 30}", "{share: 70}"], 2)
    classes = command("tc", "class", "show", "dev", "s1-p12")
    for leaf in re.findall(r"class htb (\S+) parent", classes):
        short = ("parent", leaf, "pfifo", "limit", "10")
        command("tc", "qdisc", "replace", "dev", "s1-p12", *short)
    sharing.send(lab, 1, *sharing.UDP)

    def is_counted() -> bool:
        slicer.send(signal.SIGUSR1)
        time.sleep(3)
        return "dropped: packets beyond the share of a port" in slicer.log

    wait_for(is_counted, "count of what was dropped", 70)
    counted = [line for line in slicer.log.splitlines() if "beyond the share" in line]
    assert all("slice1 on" in line for line in counted)


@kernel
def test_a_restart_finds_its_queues_and_what_has_changed_is_mended(lab: Lab) -> None:
    first = hosts_and_slicer(lab)
    before = {row["_uuid"][1] for table in ("qos", "queue") for row in rows(table)}
    first.kill()
    second = sharing.sliced(lab, SHARED, "again")
    second.wait_for_log("kept, 0 added, 0 removed")
    assert {row["_uuid"][1] for table in ("qos", "queue") for row in rows(table)} == before
    second.kill()
    queue = next(n for n, row in numbered("s1-p2").items() if row["other_config"] == RED)
    uuid = numbered("s1-p2")[queue]["_uuid"][1]
    command("ovs-vsctl", "set", "queue", uuid, "other_config:max-rate=77")
    third = sharing.sliced(lab, SHARED.replace("guarantee: 1M, ", ""), "third")
    third.wait_for_log("kept, 0 added, 0 removed")
    assert queues_at("s1-p2") == {
        "red": {"min-rate": "3000000", "max-rate": "10000000"},
        "blue": {"min-rate": "7000000", "max-rate": "9000000"},
    }
    assert {row["_uuid"][1] for table in ("qos", "queue") for row in rows(table)} == before


@kernel
def test_when_nothing_is_shared_any_more_its_rows_go(lab: Lab) -> None:
    hosts_and_slicer(lab).kill()
    sharing.sliced(lab, UNSHARED, "again")
    assert [*rows("qos"), *rows("queue")] == []
    assert "set_queue" not in lab.bridges["s1"].ofctl("dump-flows")
    assert "htb" not in command("tc", "qdisc", "show", "dev", "s1-p2")


@kernel
def test_a_qos_of_somebody_elses_is_left_alone_and_meters_hold_the_slices_there(lab: Lab) -> None:
    lab.bridge("s1", 1)
    for number in (1, 2, 3):
        lab.host(f"h{number}", "s1", number, f"10.0.0.{number}/24")
    made = ("--id=@q", "create", "qos", "type=linux-htb", "other_config:max-rate=5000000")
    command("ovs-vsctl", "set", "port", "s1-p2", "qos=@q", "--", *made)
    before = rows("qos")
    process = sharing.sliced(lab, SHARED)
    process.wait_for_log(r"port 2 \(s1-p2\) has a QoS that is not the slicer's")
    assert before[0] in rows("qos")
    assert len(meters_of_ports(lab)) == 2
    assert set(queues_at("s1-p3")) == {"red", "blue"}


@kernel
def test_a_switch_whose_database_is_out_of_reach_is_refused(lab: Lab) -> None:
    lab.bridge("s1", 1)
    lab.host("h2", "s1", 2, "10.0.0.2/24")
    path = lab.folder / "policy.yaml"
    path.write_text(SHARED.replace(OVSDB, "unix:/run/openvswitch/nowhere.sock"))
    process = lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(path))
    process.wait_for_log("listening at tcp")
    lab.bridges["s1"].connect("tcp:127.0.0.1:6633")
    process.wait_for_log(
        r"s1 \(0{15}1\): can't be sliced: the policy shares ports, which takes queues: "
        r"OVSDB at unix:/run/openvswitch/nowhere.sock: No such file"
    )


@kernel
def test_shares_outlive_the_database_and_are_mended_once_it_is_back(lab: Lab) -> None:
    port = 16640
    command("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/add-remote", f"ptcp:{port}:127.0.0.1")
    where = f"tcp:127.0.0.1:{port}"
    process = hosts_and_slicer(lab, SHARED.replace(OVSDB, where))
    remove = ("ovsdb-server/remove-remote", f"ptcp:{port}:127.0.0.1")
    command("ovs-appctl", "-t", "ovsdb-server", *remove)
    lab.host("h4", "s1", 4, "10.0.0.4/24")  # has the switch looked at again
    process.wait_for_log(rf"queues stay as they are: OVSDB at {where}: Connection refused")
    assert set(queues_at("s1-p2")) == {"red", "blue"}
    assert "set_queue" in lab.bridges["s1"].ofctl("dump-flows")
    command("ovs-vsctl", "clear", "port", "s1-p2", "qos")
    command("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/add-remote", f"ptcp:{port}:127.0.0.1")
    lab.host("h5", "s1", 5, "10.0.0.5/24")
    wait_for(lambda: set(queues_at("s1-p2")) == {"red", "blue"}, "queues at port 2")
    command("ovs-appctl", "-t", "ovsdb-server", *remove)


@pytest.mark.skipif(IS_KERNEL, reason="is about the userspace datapath")
def test_the_userspace_datapath_has_meters_whatever_its_database_could(lab: Lab) -> None:
    hosts_and_slicer(lab)
    assert len(meters_of_ports(lab)) == 6
    assert [*rows("qos"), *rows("queue")] == []
