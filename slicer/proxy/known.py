"""Known: what messages have been found to be, looked up before it is known whose they are.

A bounded table that saves work and nothing else. When it is full, what is forgotten is that of
whoever has most in it, so whose messages never repeat makes only its own be forgotten. Where the
asker is known first, a table each does it (`memory.py`, `pipeline/kept.py`). Invariant: there are
never more entries than `keep` was last told, and what is there is what was kept.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Known(dict[Key, Value]):
    """One table, to be looked into like any dict; only `keep` changes it."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        super().__init__()
        self._keys: dict[Hashable, list[Key]] = {}
        """By whose they are."""

    def keep(self, whose: Hashable, key: Key, value: Value, most: int) -> None:
        """Remember one that is not there; with `most` there already, forget others before."""
        if len(self) >= most:
            keys = self._keys
            for each in keys.pop(max(keys, key=lambda name: len(keys[name]))):
                del self[each]
        self._keys.setdefault(whose, []).append(key)
        self[key] = value
