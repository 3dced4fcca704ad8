"""Voice and video of a consultation.  The media come and go; the room and its log never notice."""
