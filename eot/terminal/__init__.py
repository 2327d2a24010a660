"""What the user types and sees: the only place that prints, picks a device or sets threads."""
