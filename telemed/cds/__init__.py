"""CDS Hooks: the registry answers at order time."""
