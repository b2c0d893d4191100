"""The meeting's law, pure (facts, commands, rules, state), and the one async part: a mailbox per meeting."""
