"""The Ryu application: where its policy comes from, and that it serves from start to stop."""

import logging
import signal
import socket as blocking
from collections.abc import Iterator
from pathlib import Path

import eventlet
import pytest
from eventlet.green import socket

from slicer import Slicer, policy
from slicer.app import DEFAULT_POLICY, UNUSABLE_POLICY, policy_path
from slicer.openflow.hello import decode_hello
from slicer.serving import Serving
from slicer.workers.front import Front

POLICY = """
listen: [tcp:127.0.0.1:{port}]
slices: {{video: {{controllers: [ptcp:7000]}}, office: {{controllers: [ptcp:7100]}}}}
flowspace:
  - {{slice: video, priority: 2, match: {{eth_type: ipv4}}}}
  - {{slice: office, priority: 1}}
"""


def free_port() -> int:
    with blocking.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def refuses(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port)):
            return False
    except ConnectionRefusedError:
        return True


def one_process(application: Slicer) -> Serving:
    """What serves, where there are no workers."""
    assert isinstance(application._serving, Serving)
    return application._serving


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where the policy that the environment names has datapaths connect."""
    number = free_port()
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.format(port=number))
    monkeypatch.setenv("SLICER_POLICY", str(path))
    with eventlet.Timeout(20):
        yield number


# ---- the policy ----


def test_the_configured_policy_comes_before_the_environments_and_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLICER_POLICY", "environment.yaml")
    assert policy_path("configured.yaml") == Path("configured.yaml")
    assert policy_path(None) == policy_path("") == Path("environment.yaml")
    monkeypatch.setenv("SLICER_POLICY", "")
    assert policy_path(None) == Path(DEFAULT_POLICY)
    monkeypatch.delenv("SLICER_POLICY")
    assert policy_path(None) == Path("slicer.yaml")


@pytest.mark.parametrize("text", [None, "listen: [tcp:127.0.0.1:6633]\n"])
def test_a_policy_that_cant_be_used_ends_the_process_with_its_errors(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
) -> None:
    path = tmp_path / "policy.yaml"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("SLICER_POLICY", str(path))
    with pytest.raises(SystemExit) as ended:
        Slicer()
    assert ended.value.code == UNUSABLE_POLICY
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"slicer: the policy can't be used:\n{path}:1:1: found ")


@pytest.mark.usefixtures("port")
def test_a_policy_that_was_given_is_not_read_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "policy.yaml"
    policy.give(path, policy.load(path))
    path.write_text("")
    with caplog.at_level(logging.INFO, "slicer.app"):
        Slicer()
    assert caplog.records[-1].message.endswith("policy.yaml: 2 slices, 2 rules")
    with pytest.raises(SystemExit):
        Slicer()


@pytest.mark.usefixtures("port")
def test_the_log_has_the_policy_and_its_warnings(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "slicer.app"):
        Slicer()
    warning, summary = [each.message for each in caplog.records if each.name == "slicer.app"]
    assert "warning: slice video owns IPv4 packets but no ARP" in warning
    assert summary.endswith("policy.yaml: 2 slices, 2 rules")


# ---- workers ----


@pytest.mark.usefixtures("port")
def test_several_workers_have_a_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLICER_WORKERS", "2")
    assert isinstance(Slicer()._serving, Front)
    monkeypatch.setenv("SLICER_WORKERS", "1")
    assert isinstance(Slicer()._serving, Serving)


@pytest.mark.usefixtures("port")
def test_what_is_no_number_of_workers_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLICER_WORKERS", "none")
    with pytest.raises(SystemExit) as ended:
        Slicer()
    assert ended.value.code == UNUSABLE_POLICY
    expected = "found workers = 'none', expected a whole number from 1 to 64"
    assert capsys.readouterr().err == f"slicer: the settings can't be used:\n{expected}\n"


# ---- serving ----


def test_it_serves_from_start_to_stop(port: int) -> None:
    application = Slicer()
    assert refuses(port), "nothing listens before the start"
    thread = application.start()
    eventlet.sleep(0)
    with socket.create_connection(("127.0.0.1", port)) as datapath:
        assert decode_hello(datapath.recv(1000)).versions
        application.stop()
        assert datapath.recv(1000) == b""
    thread.wait()
    assert refuses(port)


@pytest.mark.usefixtures("port")
def test_each_run_has_a_secret_of_its_own() -> None:
    secrets = {one_process(Slicer()).engine._secret for _ in range(2)}
    assert len(secrets) == 2
    assert {len(each) for each in secrets} == {32}


def test_ryu_takes_it_for_the_application_it_was_asked_for() -> None:
    assert Slicer.__module__ == "slicer"


@pytest.mark.usefixtures("port")
def test_what_was_counted_is_logged_on_sigusr1_and_at_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = Slicer()
    thread = application.start()
    one_process(application).engine.counters["refused datapaths"] += 2
    with caplog.at_level(logging.INFO, "slicer.app"):
        signal.raise_signal(signal.SIGUSR1)
        application.stop()
    thread.wait()
    line = "counted since the start: the slicer: refused datapaths 2"
    assert caplog.messages.count(line) == 2
