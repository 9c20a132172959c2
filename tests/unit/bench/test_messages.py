"""The benchmark of messages measures what it says, and says it."""

import json

import pytest
from click.testing import CliRunner

from slicer.openflow.framing import Framer
from slicer.openflow.v13 import V13
from tests.bench.__main__ import main
from tests.bench.messages import POLICY, Bench, measure, measure_alone, measure_clip

HOT = ["packet-in", "flow-mod", "packet-out", "barrier", "echo", "flow-mod, a new one"]
ALONE = [f"{name}, alone" for name in ("packet-in", "flow-mod", "packet-out", "barrier")]
OTHERS = ["packet-out, shared", "flow statistics, a flow"]


def test_every_hot_message_is_measured_in_both_versions() -> None:
    costs = list(measure(100))
    assert [(cost.version, cost.message) for cost in costs] == [
        *((4, name) for name in HOT),
        *((1, name) for name in HOT),
    ]
    assert all(cost.seconds > 0 and cost.relay > 0 for cost in costs)


def test_those_that_come_alone_are_measured_so() -> None:
    costs = list(measure_alone(100))
    assert [(cost.version, cost.message) for cost in costs] == [
        *((4, name) for name in ALONE),
        *((1, name) for name in ALONE),
    ]


def test_what_is_alone_is_a_read_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    received = Framer.feed

    def feed(framer: Framer, data: bytes) -> list[bytes]:
        heard.append(len(data))
        return received(framer, data)

    bench = Bench(V13, POLICY)
    barriers = next(frames for name, frames, _ in bench.frames() if name == "barrier")
    monkeypatch.setattr(Framer, "feed", feed)
    monkeypatch.setattr(bench, "_answers", lambda sent: [])
    for at_once in (1, 100):
        bench.through(barriers, 200, at_once, from_datapath=False)
    assert heard == [8] * 200 + [800] * 2


def test_it_reads_as_a_table_and_as_json() -> None:
    shown = CliRunner().invoke(main, ["messages", "--messages", "100"])
    assert shown.exit_code == 0
    assert shown.output.count("OpenFlow 1.0") == len(HOT) + len(ALONE) + len(OTHERS)
    told = json.loads(CliRunner().invoke(main, ["messages", "--messages", "100", "--json"]).output)
    both = [name for name in OTHERS for _ in range(2)]
    assert [each["message"] for each in told["messages"]] == [*HOT * 2, *ALONE * 2, *both]
    assert told["network"] == []


def test_so_is_every_one_with_a_datapath_of_openflow_1_0() -> None:
    costs = list(measure_clip(100))
    assert [(cost.datapath, cost.version, cost.message) for cost in costs] == [
        (1, 1, name) for name in (*HOT, *ALONE)
    ]
    told = json.loads(CliRunner().invoke(main, ["clip", "--messages", "100", "--json"]).output)
    assert [each["message"] for each in told["clip"]] == [*HOT, *ALONE]
    assert told["messages"] == told["network"] == []
