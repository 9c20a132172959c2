"""Faults: exceptions that nobody expects, in the slicer's own code, and what they cost.

One that is met while an event is handled costs the connection whose event it is: the server sees to
that. Here is what the engine does for one connection while another's event, or a timer, is handled.
Expected exceptions are not meant, and pass nobody here who raises them. Invariant: whoever calls
goes on as if there had been no fault.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slicer.proxy.peer import Peer

log = logging.getLogger(__name__)

FAULT = "a fault in the slicer"
"""Why a connection is closed."""
Step = Callable[[], object]


def log_fault() -> None:
    """Log the exception that is being handled, with its traceback."""
    log.exception("%s; please report it", FAULT)


@contextmanager
def at_cost_of(peer: Peer) -> Iterator[None]:
    """A fault in what is done here is logged, and ends the connection of `peer`."""
    try:
        yield
    except Exception:  # noqa: BLE001  (`log_fault` logs it)
        log_fault()
        peer.close(FAULT)


def see_through(*steps: Step) -> None:
    """Take all steps, whatever one of them does: a fault in it is logged."""
    for step in steps:
        try:
            step()
        except Exception:  # noqa: BLE001  (`log_fault` logs it)
            log_fault()
