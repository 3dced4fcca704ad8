"""The recognition registry: is there a result somebody may rely on, and why."""
