"""Outside specialists: invited by a one-time link into the room of one consultation, and into nothing else."""
