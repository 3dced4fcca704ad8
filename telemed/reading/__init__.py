"""Remote reading: worklist (UPS), drafts, signed reports, delivery, returns to the site."""
