"""Notifications: what customers are told, in Spanish and English.

Owns: which event leads to which message, the words of the messages, and what became of each.
Hears: `ciclo.cases.v1` (intake), `ciclo.routing.v1` (routing), `ciclo.warranty.v1` (warranty).
Says: `notification.sent`, `notification.failed` on `ciclo.notifications.v1`.
"""
