"""Journeys that the demo does not tell: what else customers, staff, systems and time do to a case."""
