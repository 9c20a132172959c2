"""The `slicer` command: what it prints, where, and with which exit status."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slicer import __version__, ryu_manager
from slicer.cli import main
from slicer.policy import take

GOOD = """
listen: [tcp:127.0.0.1:6633]
slices:
  video: {controllers: [tcp:127.0.0.1:6653]}
  office: {controllers: [ptcp:7000]}
flowspace:
  - {slice: video, priority: 100, match: {eth_type: ipv4, ip_proto: tcp, tcp_dst: 9999}}
  - {slice: office, priority: 1}
"""
BAD = """
listen: [tcp:127.0.0.1:66330]
slices:
  video: {controllers: [tcp:127.0.0.1:6653], limit: {}}
flowspace:
  - {slice: office, priority: 1}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad_policy(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    return path


# ---- check ----


def test_check_prints_what_a_policy_would_set_up(policy: Path) -> None:
    result = run("check", policy)
    assert result.exit_code == 0
    assert f"{policy} is valid." in result.stdout
    for word in ("video", "office", "tcp:127.0.0.1:6653", "tcp_dst=9999", "any packet"):
        assert word in result.stdout
    assert result.stderr == ""


def test_check_prints_warnings_with_the_rest_and_is_content(policy: Path) -> None:
    result = run("check", policy)
    warnings = [line for line in result.stdout.splitlines() if "warning:" in line]
    assert any("owns IPv4 packets but no ARP" in line for line in warnings)
    assert all(line.startswith(f"{policy}:") for line in warnings)


def test_check_prints_one_json_object_for_programs(policy: Path) -> None:
    result = run("check", "--json", policy)
    assert result.exit_code == 0
    values = json.loads(result.stdout)
    assert values["policy"] == str(policy)
    assert [each["name"] for each in values["slices"]] == ["video", "office"]
    assert values["warnings"]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_check_prints_all_errors_at_once_and_ends_with_2(
    bad_policy: Path, options: list[str]
) -> None:
    result = run("check", *options, bad_policy)
    assert result.exit_code == 2
    assert result.stdout == ""
    first, *errors = result.stderr.splitlines()
    assert first == "slicer: the policy can't be used:"
    assert [line.removeprefix(f"{bad_policy}:").split(":")[0] for line in errors] == ["2", "4", "6"]
    assert all("found " in line and ", expected " in line for line in errors)


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_policy_that_cant_be_read_ends_with_2(tmp_path: Path, command: str) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        result = run(command, path)
        assert result.exit_code == 2
        assert "found no file that can be read" in result.stderr


# ---- run ----


class FakeManager:
    """Stands in for `ryu-manager`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: int | None) -> None:
        self.arguments: list[str] = []
        self.policy: str | None = None
        self.prog = ""
        self._status = status
        monkeypatch.setenv("SLICER_POLICY", "another.yaml")
        monkeypatch.setattr(ryu_manager, "main", self)

    def __call__(self, arguments: list[str], prog: str) -> int | None:
        self.arguments, self.prog = arguments, prog
        self.policy = os.environ["SLICER_POLICY"]
        return self._status


@pytest.mark.parametrize(("options", "arguments"), [([], []), (["--verbose"], ["--verbose"])])
def test_run_is_ryu_manager_with_the_policy(
    policy: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], arguments: list[str]
) -> None:
    manager = FakeManager(monkeypatch, 0)
    assert run("run", *options, policy).exit_code == 0
    assert manager.arguments == [*arguments, "slicer"]
    assert (manager.policy, manager.prog) == (str(policy), "slicer run")


def test_run_gives_the_policy_that_it_has_read_to_the_application(
    policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeManager(monkeypatch, 0)
    assert run("run", policy).exit_code == 0
    given = take(policy)
    assert given is not None
    assert [*given.slices] == ["video", "office"]


def test_run_takes_its_settings_from_a_file(
    policy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    manager = FakeManager(monkeypatch, 0)
    path = tmp_path / "slicer.conf"
    path.write_text("[slicer]\nbundles = 3\n")
    assert run("run", policy, "--config-file", path).exit_code == 0
    assert manager.arguments == ["--config-file", str(path), "slicer"]


@pytest.mark.parametrize("text", ["[slicer]\nbundles = 0\n", "[slicer]\npolicy = p.yaml\n", "x\n"])
def test_a_file_that_cant_be_used_ends_with_2(
    policy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    manager = FakeManager(monkeypatch, 0)
    path = tmp_path / "slicer.conf"
    path.write_text(text)
    result = run("run", policy, "--config-file", path)
    assert result.exit_code == 2
    assert result.stderr.startswith("slicer: the settings can't be used:\n")
    assert manager.arguments == []


def test_run_says_how_many_workers(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeManager(monkeypatch, 0)
    monkeypatch.setenv("SLICER_WORKERS", "3")
    assert run("run", policy).exit_code == 0
    assert os.environ["SLICER_WORKERS"] == "3"
    assert run("run", "--workers", "2", policy).exit_code == 0
    assert os.environ["SLICER_WORKERS"] == "2"


@pytest.mark.parametrize("number", ["0", "-2", "many", "65"])
def test_what_is_no_number_of_workers_ends_with_2(policy: Path, number: str) -> None:
    result = run("run", policy, "--workers", number)
    assert result.exit_code == 2
    assert f"found workers = '{number}', expected a whole number from 1 to 64" in result.stderr


def test_run_ends_as_ryu_manager_ends(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeManager(monkeypatch, 1)
    assert run("run", policy).exit_code == 1


def test_run_does_not_start_with_a_bad_policy(
    bad_policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = FakeManager(monkeypatch, 0)
    assert run("run", bad_policy).exit_code == 2
    assert manager.arguments == []


# ---- the command line ----


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout == f"slicer, version {__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_the_commands(flag: str) -> None:
    result = run(flag)
    assert result.exit_code == 0
    assert "check" in result.stdout
    assert "run" in result.stdout


@pytest.mark.parametrize("arguments", [["check"], ["sing"], ["check", "--loud", "p.yaml"], []])
def test_another_command_line_ends_with_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: main" in result.stderr
