"""Refusal: why a tenant's request can't be carried out, and the OpenFlow error that says so.

Raised by handlers and by the enforcement before anything has been sent to the datapath: a refused
request has changed nothing.
"""

from __future__ import annotations

from slicer.openflow.errors import ErrorCode


class Refusal(Exception):
    """`error` is what to answer, the text is for the log."""

    def __init__(self, error: ErrorCode, why: str) -> None:
        super().__init__(why)
        self.error = error
