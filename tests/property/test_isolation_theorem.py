"""The isolation theorem: a packet that enters or leaves at port p with header h is only ever
handled by owner(p, h), and no tenant's request changes another tenant's flows.

The machine is in `isolation_machine.py`, what it asserts in `isolation_world.py` and
`isolation_mirrors.py`. The tests after it are tests of the model: with a part of the pipeline left
out, the machine finds out.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from slicer.openflow import constants as of
from slicer.openflow.actions import Resubmit
from slicer.openflow.messages import FlowMod
from slicer.proxy.pipeline import layout, stages, translate
from slicer.proxy.pipeline.shallow import Translations
from slicer.proxy.pipeline.terms import Terms
from tests.property.isolation_machine import IsolationMachine, SafetyMachine

STEPS = 12


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of refusals are logged, none of which says why a test fails."""
    caplog.set_level(logging.CRITICAL)


SETTINGS = settings(
    max_examples=settings().max_examples // 2,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
)
TestSafety = pytest.mark.timeout(1200)(SafetyMachine.TestCase)
TestSafety.settings = SETTINGS
TestIsolation = pytest.mark.timeout(1200)(IsolationMachine.TestCase)
TestIsolation.settings = SETTINGS


def falsify() -> None:
    """Runs the machine until it fails; the same way every time. Only breaches of isolation count,
    not that tenants lose something."""
    run_state_machine_as_test(
        SafetyMachine,
        settings=settings(
            max_examples=1000,
            stateful_step_count=STEPS,
            derandomize=True,
            phases=(Phase.generate,),
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_without_owner_packets_leave_as_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    ask_emit = Resubmit(of.OFPP_IN_PORT, layout.EMIT_TABLE)
    monkeypatch.setattr(translate, "ASK_OWNER", ask_emit)
    monkeypatch.setattr(stages, "ASK_OWNER", ask_emit)
    with pytest.raises(AssertionError, match=r"^\(b\)"):
        falsify()


def test_without_the_tag_flows_match_others_packets(monkeypatch: pytest.MonkeyPatch) -> None:
    tagged = translate.flow_mod

    def untagged(terms: Terms, message: FlowMod) -> FlowMod:
        return replace(tagged(terms, message), match=message.match)

    monkeypatch.setattr(translate, "flow_mod", untagged)
    monkeypatch.setattr(Translations, "flow_mod", lambda *_: None)
    with pytest.raises(AssertionError, match=r"^\([ac]\)"):
        falsify()
