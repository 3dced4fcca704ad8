"""What a consultation is and may become; pure."""
