"""The benchmark of messages measures what it says, and says it."""

import json

from click.testing import CliRunner

from tests.bench.__main__ import main
from tests.bench.messages import measure, measure_clip

HOT = ["packet-in", "flow-mod", "packet-out", "barrier", "echo", "flow-mod, a new one"]
OTHERS = ["packet-out, shared", "flow statistics, a flow"]


def test_every_hot_message_is_measured_in_both_versions() -> None:
    costs = list(measure(100))
    assert [(cost.version, cost.message) for cost in costs] == [
        *((4, name) for name in HOT),
        *((1, name) for name in HOT),
    ]
    assert all(cost.seconds > 0 and cost.relay > 0 for cost in costs)


def test_it_reads_as_a_table_and_as_json() -> None:
    shown = CliRunner().invoke(main, ["messages", "--messages", "100"])
    assert shown.exit_code == 0
    assert shown.output.count("OpenFlow 1.0") == len(HOT) + len(OTHERS)
    told = json.loads(CliRunner().invoke(main, ["messages", "--messages", "100", "--json"]).output)
    both = [name for name in OTHERS for _ in range(2)]
    assert [each["message"] for each in told["messages"]] == [*HOT * 2, *both]
    assert told["network"] == []


def test_so_is_every_one_with_a_datapath_of_openflow_1_0() -> None:
    costs = list(measure_clip(100))
    assert [(cost.datapath, cost.version, cost.message) for cost in costs] == [
        (1, 1, name) for name in HOT
    ]
    told = json.loads(CliRunner().invoke(main, ["clip", "--messages", "100", "--json"]).output)
    assert [each["message"] for each in told["clip"]] == HOT
    assert told["messages"] == told["network"] == []
