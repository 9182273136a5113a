"""`ciclo-reconcile`: every event that a service published must be applied by every service that reads it.

A gap shows in its reader, but the last event of a case leaves none: so the heads of all are compared.
"""
