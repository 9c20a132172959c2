"""Stream: frames of one length counted by their bytes, for fakes that must not be the limit.

Barriers are found by how they begin, so no other frame of the benchmark may hold those bytes;
where the rest does not add up, frames are cut one by one. Invariant: no byte is counted twice,
however the stream comes in pieces.
"""

from __future__ import annotations

_HEADER = 8


class Counter:
    """Counts frames of the type `counted`; `barrier` is how a barrier request begins (4 bytes)."""

    def __init__(self, counted: int, barrier: bytes) -> None:
        self.count = 0
        self._counted = counted
        self._barrier = barrier
        self._head = b""
        self._size = 0
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Count; return the frames that are something else."""
        if self._rest:
            data = self._rest + data
            self._rest = b""
        others: list[bytes] = []
        offset = 0
        while self._size and offset < len(data):
            barrier = data.find(self._barrier, offset)
            end = barrier if barrier >= 0 else len(data)
            whole = (end - offset) // self._size
            after = offset + whole * self._size
            if not self._adds_up(data, offset, after, end) or (barrier >= 0 and after != end):
                break
            self.count += whole
            offset = after
            if barrier < 0 or len(data) - barrier < _HEADER:
                self._rest = data[offset:]
                return others
            others.append(data[barrier : barrier + _HEADER])
            offset = barrier + _HEADER
        self._one_by_one(data, offset, others)
        return others

    def _adds_up(self, data: bytes, start: int, after: int, end: int) -> bool:
        """Do the first and the last whole frame, and what is there of the next, begin as such?"""
        last = max(start, after - self._size)
        rest = data[after : min(end, after + 4)]
        return (
            data[start : start + 4] in (self._head, rest)
            and data[last : last + 4] in (self._head, rest)
            and self._head.startswith(rest)
        )

    def _one_by_one(self, data: bytes, offset: int, others: list[bytes]) -> None:
        size = len(data)
        while size - offset >= _HEADER:
            length = data[offset + 2] << 8 | data[offset + 3]
            if offset + length > size:
                break
            if data[offset + 1] == self._counted:
                self.count += 1
                self._size, self._head = length, data[offset : offset + 4]
            else:
                others.append(data[offset : offset + length])
            offset += length
        self._rest = data[offset:]
