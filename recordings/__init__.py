"""What remains to be seen and heard of a meeting: taking, keeping and opening recordings."""
