"""Warranty: rights, remedies, service points.

Owns: product units with their sale, coverage, replacements, repairs, workshops (SAT, CAST), packs of law.
Hears: case.opened, case.classified, case.information_received, case.remedy_chosen; and, from other systems,
registrations of products, reports of workshops, scans of logistics.
Says: coverage.assessed, replacement.approved/shipped/delivered, repair.authorized/completed/failed,
item.received/returned, remedy.already_in_force.

The trial rule is in `domain/trial.py`; which law and policy give a trial is in `packs/*.yaml`.
"""
