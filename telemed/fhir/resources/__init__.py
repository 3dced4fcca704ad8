"""One file a resource: what a row of ours is in FHIR R4.  Pure."""
