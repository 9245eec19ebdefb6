"""When changes may be made."""

import datetime as dt

from eksnet.settings.terms import Window

_DAY = dt.timedelta(days=1)
_WEEK = 7  # days


def reopening(opening: dt.datetime) -> str:
    """Say when the window opens."""
    return f"changes may be made again from {opening:%a %Y-%m-%d %H:%M} UTC"


def opens(window: Window | None, now: dt.datetime) -> dt.datetime | None:
    """Return when the window opens next; None while it is open, as one that is not set always is.

    A window of no day never opens: then it is a year from now.
    """
    if window is None:
        return None
    utc = now.astimezone(dt.UTC)
    if utc.weekday() in window.days and window.start <= utc.time() < window.end:
        return None
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight + _DAY * ahead for ahead in range(_WEEK + 1))
    starts = (dt.datetime.combine(day.date(), window.start, dt.UTC) for day in days)
    never = utc + 365 * _DAY
    return next((at for at in starts if at > utc and at.weekday() in window.days), never)
