"""Balai's memory: the journal, what is read from it, and accounts; on SQLite or PostgreSQL."""
