"""Notifications: what customers are told, in Spanish, English and Portuguese.

Owns: which event leads to which message, the words of the messages, and what became of each.
Hears: `ciclo.cases.v1` (intake), `ciclo.routing.v1` (routing), `ciclo.warranty.v1` (warranty), and at its
door the delivery reports of mail providers.
Says: `notification.sent`, `notification.delivered`, `notification.failed`, `notification.suppressed` and
`survey.sent` on `ciclo.notifications.v1`.
"""
