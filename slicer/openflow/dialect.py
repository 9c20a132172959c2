"""What a dialect offers: the codec of one version of OpenFlow, between frames and messages.

No version in particular; `v13` has one, and `hello` what comes before one is agreed on.
Invariant: `decode` returns a message or raises MalformedError, whatever the frame holds.
"""

from collections.abc import Mapping
from typing import Protocol

from slicer.openflow.errors import ErrorCode
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message


class Dialect(Protocol):
    """The codec of one version. Frames are complete, as `framing.Framer` yields them."""

    @property
    def version(self) -> int:
        """The version byte of its frames."""

    @property
    def plain_kinds(self) -> Mapping[int, Kind]:
        """The kinds that the type byte alone tells, in frames of this version."""

    def kind(self, frame: bytes) -> Kind | None:
        """What the frame says it is, going by version, type and multipart type alone.

        A hello or an error is one in any version. None is for what this version doesn't
        know; `unknown` then says why.
        """

    def unknown(self, frame: bytes) -> ErrorCode:
        """The error to answer a frame with that has no kind."""

    def decode(self, frame: bytes) -> Message:
        """The whole message. Raises MalformedError."""

    def encode(self, message: Message) -> bytes:
        """The message's frame. Raises EncodeError for what this version can't express."""
