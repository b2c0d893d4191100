"""Offices, posts in them, and who holds which post when. Pure but for service.py; it knows no page and no table."""
