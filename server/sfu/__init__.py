"""The media plane: packets in, packets out. No law of meetings and no reader's text lives here."""
