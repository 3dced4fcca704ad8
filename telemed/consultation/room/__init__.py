"""The room of a consultation: one log in the server's order, shown to everybody in it."""

from telemed.consultation.room.store import (
    add_member,
    close,
    head,
    open_room,
    record,
    rooms_of,
    seen_images,
    verify_chain,
)

__all__ = ["add_member", "close", "head", "open_room", "record", "rooms_of", "seen_images", "verify_chain"]
