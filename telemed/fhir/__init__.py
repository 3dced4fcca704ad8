"""FHIR R4 (4.0.1): what the county knows as resources, and laboratory results taken in as a Bundle."""
