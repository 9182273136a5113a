"""Times as the story says them: moments in UTC, and how long something took, from milliseconds to weeks."""

from datetime import datetime, timedelta

from babel.dates import format_datetime

from ciclo_schemas.values import Language
from services.intake.domain.wording import wording

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LOCALES = {Language.EN: "en_GB", Language.PT: "pt_PT", Language.ES: "es_ES"}


def moment_of(moment: datetime, language: Language, pattern: str = "d MMM y, HH:mm") -> str:
    """A moment in UTC; the page says once that it is."""
    return format_datetime(moment, pattern, locale=_LOCALES.get(language, "en_GB"))


def tick_of(moment: datetime, language: Language) -> str:
    """A round moment on an axis: a day, or an hour of it."""
    if moment.second:
        pattern = "HH:mm:ss"
    elif moment.hour or moment.minute:
        pattern = "HH:mm"
    else:
        pattern = "d MMM"
    return moment_of(moment, language, pattern)


def length_of(time: timedelta, language: Language) -> str:
    """How long it took, in the two largest units: `3 d 5 h`, `1.4 s`, `152 ms`."""
    seconds = time.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:
        return f"{seconds:.1f} s".replace(".", wording(language).decimal)
    whole = round(seconds)
    for unit, size, smaller, part in (("d", _DAY, "h", _HOUR), ("h", _HOUR, "min", _MINUTE)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    if whole >= _MINUTE:
        return f"{whole // _MINUTE} min" + (f" {whole % _MINUTE} s" if whole % _MINUTE else "")
    return f"{whole} s"
