"""Makes one watchable file of what was taken, in a process of its own. Nothing here knows a journal or a browser."""
