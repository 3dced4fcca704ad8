"""Consultations, duty and agreements in PostgreSQL."""
