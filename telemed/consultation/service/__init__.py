"""What people do with a consultation, each in one transaction."""
