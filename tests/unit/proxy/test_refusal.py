"""Refusal: it carries the error to answer and the reason to log."""

from slicer.openflow import errors
from slicer.proxy.refusal import Refusal


def test_a_refusal_has_an_error_and_a_reason() -> None:
    refusal = Refusal(errors.BAD_REQUEST_EPERM, "port 3 is not the sliver's")
    assert refusal.error is errors.BAD_REQUEST_EPERM
    assert str(refusal) == "port 3 is not the sliver's"
