"""Days as the law counts them: the customer's local calendar, last day included."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Calendars:
    """The time zone of each jurisdiction, and the one for all others."""

    zones: Mapping[str, ZoneInfo]
    elsewhere: ZoneInfo

    def day(self, moment: datetime, jurisdiction: str) -> date:
        """The day that a moment falls on where the customer lives."""
        return moment.astimezone(self.zones.get(jurisdiction, self.elsewhere)).date()

    def end_of(self, day: date, jurisdiction: str) -> datetime:
        """The last second of a day where the customer lives, in UTC."""
        zone = self.zones.get(jurisdiction, self.elsewhere)
        return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


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


def working_days_after(start: date, days: int) -> date:
    """The last day of a period of working days (días hábiles) that begins on the day after `start`.

    Monday to Friday: "días hábiles" of RD 58/1988 does not say whether Saturdays count, and public holidays
    differ from region to region; both are taken to the customer's advantage.
    """
    day = start
    for _ in range(days):
        day += timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))
    return day
