"""Hostile bytes for everything that reads bytes from outside. What was run stands in docs/fuzzing.md."""
