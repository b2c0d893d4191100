"""Packet arithmetic of the media plane: numbers in, numbers out. Never a clock, a socket, a task or a random number."""
