"""The office's directory (LDAP, Active Directory): asked in threads, and the accounts that stand on it."""
