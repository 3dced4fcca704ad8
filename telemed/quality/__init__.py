"""质量: what is recorded about quality and what follows from it: grants, look-backs, tickets about images."""
