"""Laboratory results as they come in: HL7 v2, FHIR and tables; codes, units, and what cannot be trusted yet."""
