"""Notula and daftar hadir: composed from facts without a language, worded, then rendered. No page, no journal here."""
