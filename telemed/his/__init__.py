"""Hospital systems without FHIR: plain calls in JSON, and a page of forms inside their own screens."""
