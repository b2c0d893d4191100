"""One file per kind of page: what it asks of the other rooms, and which template shows it."""
