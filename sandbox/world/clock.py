"""Time that passes only when it is told to."""

import datetime as dt


class HandClock:
    """A clock moved by hand."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now

    def now(self) -> dt.datetime:
        """Return the time, in UTC."""
        return self._now

    def move(self, seconds: float) -> None:
        """Let ``seconds`` pass; time never goes back."""
        self._now += dt.timedelta(seconds=max(0.0, seconds))
