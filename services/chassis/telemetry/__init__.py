"""Traces of what the service does: one connected graph of spans for each case.

Every input gets its own context while it is decided; spans are kept as plain data and handed to
OpenTelemetry's SDK once the transaction has committed.
Why: docs/decisions/0016-spans-are-kept-until-the-commit.md.
"""
