"""PDVs → DIMSE messages, sans I/O: a command set gathered whole, a data set passed on in pieces.  PS3.8 Annex E."""

from collections.abc import Mapping
from dataclasses import dataclass

from dicom_gateway.upper_layer.command import Command, MalformedCommand, decode_command
from dicom_gateway.upper_layer.framing import AbortReason, Piece


@dataclass(frozen=True, slots=True)
class MessageBegins:
    """A command set is complete; if it says so, DataSet pieces follow."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str
    command: Command


@dataclass(frozen=True, slots=True)
class DataSet:
    """Consecutive bytes of the data set of the message that began last; owned, not a view."""

    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The PDVs do not make a message; the association is to be aborted."""

    reason: AbortReason
    detail: str


class MessageReader:
    """Reads the PDVs of one association.  contexts: ID → (abstract syntax, transfer syntax) of the accepted ones."""

    __slots__ = ("_command", "_context_id", "_contexts", "_data_set_expected", "_max_command_length", "_parts")

    def __init__(self, contexts: Mapping[int, tuple[str, str]], max_command_length: int) -> None:
        self._contexts = contexts
        self._max_command_length = max_command_length
        self._context_id = 0
        self._command = bytearray()
        self._data_set_expected = False
        self._parts: list[bytes | memoryview] = []

    @property
    def inside_message(self) -> bool:
        """True between the first PDV of a message and its last."""
        return self._data_set_expected or bool(self._command)

    def take(self, piece: Piece) -> MessageBegins | DataSet | Contradiction | None:
        """Take the next piece; a DataSet comes back only with the last one, gathered has the others.

        Data set bytes are copied once, by gathered or with the last piece: call gathered before the buffer that the
        pieces point into is used again.
        """
        if self.inside_message:
            if piece.context_id != self._context_id:
                return Contradiction(AbortReason.UNEXPECTED_PARAMETER, "a message changed its presentation context")
        elif piece.context_id not in self._contexts:
            return Contradiction(
                AbortReason.INVALID_PARAMETER, f"presentation context {piece.context_id} was not accepted"
            )
        self._context_id = piece.context_id
        if piece.is_command:
            return self._take_command(piece)
        if not self._data_set_expected:
            return Contradiction(AbortReason.UNEXPECTED_PARAMETER, "data set bytes without a command that has one")
        self._parts.append(piece.data)
        if not piece.is_last:
            return None
        self._data_set_expected = False
        return DataSet(self._take_parts(), is_last=True)

    def gathered(self) -> DataSet | None:
        """What has come of an unfinished data set since the last call."""
        return DataSet(self._take_parts(), is_last=False) if self._parts else None

    def _take_parts(self) -> bytes:
        parts, self._parts = self._parts, []
        return bytes(parts[0]) if len(parts) == 1 else b"".join(parts)

    def _take_command(self, piece: Piece) -> MessageBegins | Contradiction | None:
        if self._data_set_expected:
            return Contradiction(AbortReason.UNEXPECTED_PARAMETER, "a command set within a data set")
        if len(self._command) + len(piece.data) > self._max_command_length:
            return Contradiction(AbortReason.INVALID_PARAMETER, "a command set longer than any real one")
        self._command += piece.data
        if not piece.is_last:
            return None
        encoded, self._command = bytes(self._command), bytearray()
        command = decode_command(encoded)
        if isinstance(command, MalformedCommand):
            return Contradiction(AbortReason.INVALID_PARAMETER, command.detail)
        self._data_set_expected = command.data_set_follows
        abstract_syntax, transfer_syntax = self._contexts[self._context_id]
        return MessageBegins(self._context_id, abstract_syntax, transfer_syntax, command)
