"""Intake (recepción): the front door of a case.

Owns: what the customer said, the vault (words and contact data), customer references, case numbers, tracking
keys, and the timeline of every case.
Hears: `ciclo.routing.v1`, `ciclo.warranty.v1`, `ciclo.notifications.v1` (for the timeline, the remedies on
offer and the open question).
Says: case.opened, case.information_received, case.remedy_chosen, case.human_requested,
case.resolution_confirmed, case.resolution_denied, on `ciclo.cases.v1`.
"""
