"""A finding over time: since when it has been open, when it got worse, what resolved it."""

import datetime as dt
import enum
import itertools
from collections.abc import Iterator

from eksnet.model.finding import Finding, Severity
from eksnet.model.record import record


class State(enum.StrEnum):
    """Where a finding stands. ``unknown`` is one that never was seen to fail."""

    OPEN = "open"
    UNKNOWN = "unknown"
    RESOLVED = "resolved"


class Resolution(enum.StrEnum):
    """What ended a finding: its check passed, or its resource is gone."""

    PASSED = "passed"
    GONE = "gone"


@record
class Mark:
    """That something happened: in which run, and when that run looked."""

    run_id: str
    at: dt.datetime


@record
class Known:
    """What people were last told of a finding: where it stood, and how bad it was."""

    state: State
    severity: Severity | None = None


@record
class Tracked:
    """A finding as it was last judged, and what became of it.

    ``finding.status`` may be unknown while the state is open: unknown resolves nothing.
    ``finding.first_seen`` is when this episode began; ``last_seen`` is when it was last seen to be
    so, which an unknown does not move. ``seen`` marks the last run that judged it at all.
    ``severity`` is that of the last fail of an open finding, which an unknown does not change.
    ``told`` and ``announced`` are what people and the event bus were last told: they outlive
    episodes, and whatever differs from them is news.
    """

    finding: Finding
    state: State
    seen: Mark
    opened: Mark | None = None
    resolved: Mark | None = None
    resolution: Resolution | None = None
    severity: Severity | None = None
    told: Known | None = None
    announced: State | None = None


@record
class Changes:
    """What people were not told yet, in report order."""

    opened: tuple[Tracked, ...] = ()
    worsened: tuple[Tracked, ...] = ()
    eased: tuple[Tracked, ...] = ()
    resolved: tuple[Tracked, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.opened or self.worsened or self.eased or self.resolved)

    def __iter__(self) -> Iterator[Tracked]:
        return itertools.chain(self.opened, self.worsened, self.eased, self.resolved)
