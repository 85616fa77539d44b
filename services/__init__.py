"""Journeys: one module per thing a person does, plain functions, one transaction each."""
