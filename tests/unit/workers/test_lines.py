"""Log records on their way to the front."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from slicer.workers.lines import LONGEST_TEXT, LinesToFront
from slicer.workers.messages import LONGEST, Line, decode

Pair = tuple[socket.socket, logging.Logger]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The front's end, and a logger whose records go there."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    logger = logging.Logger("slicer.test")
    logger.addHandler(LinesToFront(theirs, "worker 1: "))
    with ours, theirs:
        yield ours, logger


def heard(front: socket.socket) -> Line:
    line = decode(front.recv(LONGEST))
    assert isinstance(line, Line)
    return line


def test_a_record_arrives_with_its_level_logger_and_prefix(pair: Pair) -> None:
    front, logger = pair
    logger.warning("%s has come", "s1")
    assert heard(front) == Line(logging.WARNING, "slicer.test", "worker 1: s1 has come")


def test_a_traceback_is_one_record_with_it(pair: Pair) -> None:
    front, logger = pair
    try:
        raise ZeroDivisionError("a fault")
    except ZeroDivisionError:
        logger.exception("well")
    text = heard(front).text
    assert text.startswith("worker 1: well\nTraceback")
    assert text.endswith("ZeroDivisionError: a fault")


def test_a_long_record_is_cut(pair: Pair) -> None:
    front, logger = pair
    logger.info("\N{SNOWMAN}" * 100_000)
    assert len(heard(front).text) == LONGEST_TEXT


def test_who_logs_does_not_wait_for_who_reads_and_says_what_was_lost(pair: Pair) -> None:
    front, logger = pair
    for _ in range(1000):
        logger.info("x" * 10_000)
    front.setblocking(False)
    arrived = 0
    while True:
        try:
            heard(front)
        except BlockingIOError:
            break
        arrived += 1
    assert 0 < arrived < 1000
    logger.info("again")
    lost = f"worker 1: {1000 - arrived} log records lost"
    assert [heard(front).text for _ in range(2)] == [lost, "worker 1: again"]


def test_a_front_that_is_gone_is_no_fault(pair: Pair) -> None:
    front, logger = pair
    front.close()
    logger.info("nobody hears")
