"""Who somebody is: accounts, passwords, browser sessions, personal join links, and tickets into a room."""
