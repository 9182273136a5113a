"""Routing: the life of a case: what it is about, who owns it, what was promised, how it ends.

Owns: classification, owners, promises, waits, queues of people, proposals, complaints, duplicates, closing
and reopening.

Hears: `ciclo.cases.v1` (what customers said), `ciclo.warranty.v1` (rights and remedies),
`ciclo.notifications.v1` (a message that could not be sent).

Says, on `ciclo.routing.v1`: case.classified, case.assigned, case.handed_off, case.escalated,
case.diverted_to_training, case.linked, case.held, case.resumed, case.unknown_declared, case.unknown_resolved,
case.closed, case.cancelled, case.rejected, case.reopened, information.requested, customer.reminded,
resolution.proposed, promise.made, promise.kept, promise.broken, promise.at_risk, promise.revised,
complaint.registered, complaint.answered, compensation.proposed.
"""
