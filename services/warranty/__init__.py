"""Warranty: rights, remedies, service points.

Owns: product units with their sale, coverage, remedies, quotes, stock, workshops (SAT, CAST), packs of law
and policy, compensations, containments.
Hears: case.opened, case.classified, case.information_received, case.remedy_chosen, case.quote_answered,
case.cancellation_requested, case.closed/cancelled/rejected/reopened, compensation.proposed; and, from other
systems, registrations of products, reports and quotes of workshops, scans of logistics, payments.
Says: coverage.assessed, replacement.approved/shipped/lost/delivered/withdrawn,
repair.authorized/completed/failed/refused/rescheduled/cancelled, refund.approved/paid,
quote.requested/issued/accepted/refused/expired, item.received/returned, remedy.already_in_force,
cancellation.assessed, compensation.granted/declined, containment.started/notified/lifted.

The trial rule is in `domain/trial.py`; which law and policy give a trial is in `packs/*.yaml`.
"""
