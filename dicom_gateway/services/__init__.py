"""DIMSE services of the gateway, on associations that the upper layer opened."""
