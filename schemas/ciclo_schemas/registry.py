"""Every event model, by type: importing this module knows them all."""

from ciclo_schemas import cases, inbound, notifications, routing, warranty
from ciclo_schemas.events import EVENTS, Event, read_event, types_of

__all__ = [
    "EVENTS",
    "Event",
    "cases",
    "inbound",
    "notifications",
    "read_event",
    "routing",
    "types_of",
    "warranty",
]
