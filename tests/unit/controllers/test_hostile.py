"""Hostile: what it sends, what it notes, and what it reports."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import controllers.hostile
from controllers.attempts import Attempt, Due
from controllers.hostile import Hostile, Outcome, error_name
from controllers.target import Target, forged_packet
from tests.unit.controllers.fake_datapath import FakeDatapath


@dataclass
class AnsweringDatapath(FakeDatapath):
    """Refuses what `refuses` says, shows one flow with three packets, answers barriers or not."""

    hostile: Any = None
    refuses: bool = False
    answers: bool = True
    echoes: list[Any] = field(default_factory=list)

    def send_msg(self, message: Any) -> None:
        super().send_msg(message)
        kind = type(message).__name__
        body = SimpleNamespace(flow_count=1, packet_count=3)
        if kind in ("OFPBarrierRequest", "OFPAggregateStatsRequest") and self.answers:
            answer = SimpleNamespace(datapath=self, xid=message.xid, body=body)
            self.hostile.answered(SimpleNamespace(msg=answer))
        elif kind == "OFPFlowMod" and self.refuses:
            error = SimpleNamespace(datapath=self, xid=message.xid, type=5, code=2)
            self.hostile.refused(SimpleNamespace(msg=error))


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hostile:
    monkeypatch.setenv("HOSTILE_REPORT", str(tmp_path / "report.jsonl"))
    monkeypatch.setenv("HOSTILE_DATAPATHS", "2")
    monkeypatch.setenv("HOSTILE_DWELL", "0.01")
    monkeypatch.setattr(controllers.hostile, "ANSWER_TIMEOUT", 0.1)
    return Hostile()


def drop_everything(on: Target) -> list[Any]:
    return [on.flow({})]


def join(hostile: Hostile, **how: Any) -> None:
    for dpid in (1, 2):
        datapath = AnsweringDatapath(dpid, hostile=hostile, **how)
        hostile.joined(SimpleNamespace(datapath=datapath))


def attempt(
    monkeypatch: pytest.MonkeyPatch, hostile: Hostile, tmp_path: Path, **how: Any
) -> dict[str, Any]:
    """The one attempt's line of the report, when two datapaths have joined."""
    rows = (Attempt("drop", Due.NONE, drop_everything, needs_packets=True),)
    monkeypatch.setattr(controllers.hostile, "ATTEMPTS", rows)
    join(hostile, **how)
    for thread in hostile.threads:
        thread.wait()
    line, last = (tmp_path / "report.jsonl").read_text().splitlines()
    assert json.loads(last) == {"done": True}
    outcome: dict[str, Any] = json.loads(line)
    assert outcome.keys() == asdict(Outcome("", "", 0, 0, 0, {}, [], 0, 0, True, 0)).keys()
    return outcome


def test_what_passes_is_reported(
    monkeypatch: pytest.MonkeyPatch, hostile: Hostile, tmp_path: Path
) -> None:
    outcome = attempt(monkeypatch, hostile, tmp_path)
    assert (outcome["name"], outcome["due"], outcome["sent"]) == ("drop", "none", 2)
    assert (outcome["errors"], outcome["silent"]) == ({}, [])
    assert (outcome["flows"], outcome["packets"]) == (2, 6)
    assert outcome["began"] < outcome["ended"]


def test_what_is_refused_is_reported_by_name(
    monkeypatch: pytest.MonkeyPatch, hostile: Hostile, tmp_path: Path
) -> None:
    outcome = attempt(monkeypatch, hostile, tmp_path, refuses=True)
    assert outcome["errors"] == {"OFPFMFC_BAD_TABLE_ID": 2}


def test_a_datapath_that_does_not_answer_is_reported(
    monkeypatch: pytest.MonkeyPatch, hostile: Hostile, tmp_path: Path
) -> None:
    monkeypatch.setattr(controllers.hostile, "PACKETS_TIMEOUT", 0.2)
    outcome = attempt(monkeypatch, hostile, tmp_path, answers=False)
    assert sorted(outcome["silent"]) == ["0000000000000001", "0000000000000002"]


@pytest.mark.parametrize(("port", "caught"), [(9999, 1), (5001, 0)])
def test_only_packets_of_the_victims_count_as_caught(
    hostile: Hostile, port: int, caught: int
) -> None:
    message = SimpleNamespace(data=forged_packet(port))
    hostile.packet_in(SimpleNamespace(msg=message))
    assert hostile._caught == caught


def test_errors_have_openflows_names() -> None:
    of = FakeDatapath(1).ofproto
    assert error_name(of, 1, 1) == "OFPBRC_BAD_TYPE"
    assert error_name(of, 2, 6) == "OFPBAC_EPERM"
