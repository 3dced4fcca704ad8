"""Colleagues and an audience of a consultation: added, listed, taken out."""
