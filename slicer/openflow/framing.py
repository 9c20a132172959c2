"""Framer: a stream of bytes in, whole OpenFlow frames out.

Looks at nothing but the length field (OpenFlow 1.3.5 7.1.1): a hello may be of any
version, so the version byte is not judged here.

Invariant: however the stream is cut into pieces, the frames are the same.
"""

from typing import Final

from slicer.openflow.errors import FramingError

SHORTEST_FRAME: Final = 8
LONGEST_FRAME: Final = 0xFFFF


class Framer:
    """Cuts one connection's stream into frames.

    `max_length` (bytes) refuses longer frames; the default admits all that the
    16-bit length field can say. At most one incomplete frame is kept, so what is
    buffered never exceeds `max_length`.

    Once a length is found that can't be right, `error` holds the `FramingError` and
    every further `feed` raises it; frames that were complete before it are returned
    by the `feed` that found it, so look at `error` after handling its frames.
    """

    __slots__ = ("_needed", "_parts", "_size", "error", "max_length")

    def __init__(self, max_length: int = LONGEST_FRAME) -> None:
        self.max_length = max_length
        self.error: FramingError | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._needed = SHORTEST_FRAME

    @property
    def pending(self) -> int:
        """How many bytes of an incomplete frame are held."""
        return self._size

    @property
    def pending_version(self) -> int | None:
        """The version byte of the incomplete frame, if that much of it is there."""
        return self._parts[0][0] if self._size else None

    def feed(self, data: bytes) -> list[bytes]:
        """Take what the connection yielded; return the frames it completes, in order.

        Raises FramingError when an earlier call already met an impossible length.
        """
        if self.error is not None:
            raise self.error
        if self._size:
            # A partial frame is joined once it can tell more than before: a frame fed
            # one byte at a time is copied twice, not once a byte.
            self._parts.append(data)
            self._size += len(data)
            if self._size < self._needed:
                return []
            data = b"".join(self._parts)
        frames: list[bytes] = []
        offset, size, longest = 0, len(data), self.max_length
        last = size - SHORTEST_FRAME
        while offset <= last:
            length = data[offset + 2] << 8 | data[offset + 3]
            if not SHORTEST_FRAME <= length <= longest:
                self._refuse(length)
                return frames
            end = offset + length
            if end > size:
                self._keep(data[offset:], length)
                return frames
            frames.append(data[offset:end])
            offset = end
        if offset < size or self._size:
            self._keep(data[offset:], SHORTEST_FRAME)
        return frames

    def _keep(self, rest: bytes, needed: int) -> None:
        self._parts = [rest] if rest else []
        self._size = len(rest)
        self._needed = needed

    def _refuse(self, length: int) -> None:
        self._keep(b"", SHORTEST_FRAME)
        self.error = FramingError(
            f"length field says {length} bytes, expected {SHORTEST_FRAME} to {self.max_length}"
        )
