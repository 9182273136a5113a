"""Routing: the life of a case: what it is about, who owns it, what was promised, how it ends.

Owns: classification, owners, promises, waits, queues of people, proposals, closing and reopening.

Hears: `ciclo.cases.v1` (what customers said), `ciclo.warranty.v1` (rights and remedies),
`ciclo.notifications.v1` (a message that could not be sent).

Says, on `ciclo.routing.v1`: case.classified, case.assigned, case.escalated, case.held, case.resumed,
case.closed, case.reopened, information.requested, resolution.proposed, promise.made, promise.kept,
promise.broken.
"""
