"""Balai: the meeting, its media and its memory."""
