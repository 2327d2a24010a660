"""What a printer makes of an image."""
