"""Intake (recepción): the front door of a case.

Owns: what the customer said, the vault (words, contact data, files), customer references, case numbers,
tracking keys, and the timeline of every case.
Hears: `ciclo.routing.v1`, `ciclo.warranty.v1`, `ciclo.notifications.v1` (for the timeline, the remedies and
quotes on offer and the open question); cases and words of other systems on `ciclo.inbound.cases.v1`.
Says, on `ciclo.cases.v1`: case.opened, case.information_received, case.remedy_chosen, case.quote_answered,
case.human_requested, case.resolution_confirmed, case.resolution_denied, case.cancellation_requested,
case.objection_raised, case.survey_answered.
"""
