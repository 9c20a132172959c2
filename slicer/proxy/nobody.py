"""Nobody: asks a datapath on the slicer's own behalf and wants nothing of the replies.

Invariant: nothing that a datapath answers it goes any further.
"""

from __future__ import annotations

import logging

from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage
from slicer.proxy.pending import Request

log = logging.getLogger(__name__)


class Nobody:
    """Asks on the slicer's own behalf and wants nothing of the replies."""

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        """That's all."""
        return True

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        """Something of the slicer's own was refused, which should not be."""
        name = errors.describe(error.type, error.code)
        log.error("a datapath refused a %s of the slicer's: %s", request.kind.name, name)

    def passed(self, request: Request, now: float) -> None:
        """A later barrier has been passed too."""


NOBODY = Nobody()
