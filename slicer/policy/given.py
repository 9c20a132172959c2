"""Given: a policy that was read before whoever serves it is there.

`slicer run` reads the policy before it starts Ryu, so that one that can't be used ends it at once.
Ryu then makes the application by itself and passes nothing on. Not a cache: what is taken is gone.
Invariant: a policy that was given is taken once at most, and for the path it was read from.
"""

from contextvars import ContextVar
from pathlib import Path

from slicer.policy.values import Policy

_GIVEN: ContextVar[tuple[Path, Policy] | None] = ContextVar("_GIVEN", default=None)


def give(path: Path, policy: Policy) -> None:
    """Leave a policy for `take` to find, in place of what was left before."""
    _GIVEN.set((path, policy))


def take(path: Path) -> Policy | None:
    """The policy that was given last, if it is this path's and nobody has taken it."""
    given = _GIVEN.get()
    if given is None or given[0] != path:
        return None
    _GIVEN.set(None)
    return given[1]
