"""Remote consultation between institutions: the request, the room, the call, the opinion."""
