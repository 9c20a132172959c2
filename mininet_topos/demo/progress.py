"""Progress: shows what is under way, and gives each step a time limit.

Nothing is decided here. Invariant: a step ends within its limit, by itself or with an error that
names it.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from rich.console import Console

TICK = "[green]✓[/green]"
CROSS = "[red]✗[/red]"
_NAME_WIDTH = 36
_RAISING = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


class DemoError(Exception):
    """The demo can't go on; the text says what was found and what was expected."""


@contextmanager
def limit(seconds: float, what: str) -> Iterator[None]:
    """Let the block run for so long, in the main thread. Not to be nested.

    Raises:
        DemoError: it took longer.
    """

    def too_late(_number: int, _frame: FrameType | None) -> NoReturn:
        raise DemoError(f"{what}: found no end, expected one within {seconds:g} s")

    former = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back signals whose handlers may raise, for a block that must be done whole. Short, and
    in the main thread. (Blocking them would block them in what the block starts, too.)"""
    held: list[int] = []
    former = {
        number: signal.signal(number, lambda number, _frame: held.append(number))
        for number in _RAISING
    }
    try:
        yield
    finally:
        for known, handler in former.items():
            signal.signal(known, handler)
        for number in held:
            signal.raise_signal(number)


class Progress:
    """One line a step: a spinner while it runs, then its mark and how long it took."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, name: str, seconds: float) -> Iterator[Callable[[str], None]]:
        """Run a block as a step of at most `seconds`; it is given a way to say how far it is.

        Raises:
            DemoError: it took longer.
        """
        detail = ""
        began = time.monotonic()
        mark = CROSS
        with self._console.status(name) as status:

            def say(text: str) -> None:
                nonlocal detail
                detail = text
                status.update(f"{name:{_NAME_WIDTH}} [dim]{text}[/dim]")

            try:
                with limit(seconds, name):
                    yield say
                mark = TICK
            finally:
                took = f"{time.monotonic() - began:4.1f} s"
                line = f"{mark} {name:{_NAME_WIDTH}} {took}  [dim]{detail}[/dim]"
                self._console.print(line, soft_wrap=True, highlight=False)
