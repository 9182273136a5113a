"""Days as the law counts them: the customer's local calendar, last day included."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Calendars:
    """The time zone of each jurisdiction, and the one for all others."""

    zones: Mapping[str, ZoneInfo]
    elsewhere: ZoneInfo

    def day(self, moment: datetime, jurisdiction: str) -> date:
        """The day that a moment falls on where the customer lives."""
        return moment.astimezone(self.zones.get(jurisdiction, self.elsewhere)).date()


def days_after(start: date, days: int) -> date:
    """The last day of a period of days that begins on the day after `start`."""
    return start + timedelta(days=days)


def months_after(start: date, months: int) -> date:
    """The last day of a period of months, counted from date to date.

    Where the last month has no such day, the period ends on its last day (Código Civil art. 5.1): three years
    from 29 February 2024 end on 28 February 2027.
    """
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
