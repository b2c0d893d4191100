"""The text that several people write at once, kept and adopted into the record. The meeting's law is elsewhere."""
