"""Nobody: takes every answer, and says when something of the slicer's own was refused."""

import logging

import pytest

from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage
from slicer.proxy.nobody import NOBODY
from slicer.proxy.pending import Request


def test_one_answer_is_all_it_wants(caplog: pytest.LogCaptureFixture) -> None:
    request = Request(NOBODY, 0, Kind.FLOW_MOD)
    with caplog.at_level(logging.DEBUG):
        assert NOBODY.answered(request, Kind.BARRIER_REPLY, b"", 1.0)
        NOBODY.passed(request, 1.0)
    assert caplog.messages == []


def test_a_refusal_is_said(caplog: pytest.LogCaptureFixture) -> None:
    error = errors.FLOW_MOD_FAILED_TABLE_FULL
    message = ErrorMessage(1, error.type, error.code, b"")
    NOBODY.failed(Request(NOBODY, 0, Kind.FLOW_MOD), message, 1.0)
    assert caplog.messages == [
        "a datapath refused a FLOW_MOD of the slicer's: FLOW_MOD_FAILED/TABLE_FULL"
    ]
