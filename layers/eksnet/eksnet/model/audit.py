"""An audit: what was looked at, what was found, and what could not be seen."""

import datetime as dt
import enum
from collections.abc import Mapping

from eksnet.model.finding import Finding, Severity, Status, Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Target

AUDIT_SCHEMA_VERSION = 1


@record
class Run:
    """One audit of one or more targets; ``id`` is unique to it."""

    id: str
    started_at: dt.datetime
    finished_at: dt.datetime
    version: str


@record
class TargetCoverage:
    """What was seen of one target. ``clusters_known`` is None when the clusters can't be listed.

    ``asked`` are the names of an audit narrowed to some clusters, None when all were asked for.
    """

    target: Target
    captured_at: dt.datetime
    clusters_known: int | None
    clusters_assessed: int
    asked: tuple[str, ...] | None = None
    partial: bool = False
    blinds: tuple[Blind, ...] = ()


@record
class SubnetUse:
    """A subnet a cluster uses, for the map; ``found`` tells how it is known."""

    target: Target
    cluster: str
    subnet_id: str
    az_id: str
    cidr: str
    usable: int
    free_ips: int
    x_enis: int
    found: tuple[str, ...]


class Cell(enum.StrEnum):
    """What a /28 of a subnet is, as a letter of ``SubnetShown.grid``."""

    FREE = "f"
    PREFIX = "p"
    """A prefix of an interface lies in it."""
    RESERVED = "r"
    """It holds one of the five addresses that AWS keeps."""
    WITHHELD = "e"
    """It lies in an explicit CIDR reservation."""
    NEARLY = "n"
    """A few addresses in it are in use (``capacity.drain.NEARLY_FREE`` at most)."""
    BROKEN = "m"
    """More of them are in use, but not all."""
    FULL = "u"


@record
class SubnetShown:
    """The account of a subnet that clusters use, for its map.

    ``owners`` are the addresses seen by owner (``capacity.owners.Owner``), owners of none left out;
    None where the interfaces were not seen. ``not_seen`` is what EC2 counts as used beyond them,
    negative the other way round. ``free_28`` of ``candidates`` /28 blocks are free;
    ``largest_free_prefix`` is a length, None if nothing is; ``fragmentation`` is 0 to 100. All are
    None where the blocks are not known, and ``unseen`` tells why. ``grid`` has a ``Cell`` for each
    /28, lowest address first; None where it is not known, and for all but the tightest subnets.
    """

    target: Target
    subnet_id: str
    az_id: str
    cidr: str
    clusters: tuple[str, ...]
    usable: int
    free_ips: int
    owners: Mapping[str, int] | None = None
    not_seen: int | None = None
    free_28: int | None = None
    candidates: int | None = None
    largest_free_prefix: int | None = None
    fragmentation: int | None = None
    grid: str | None = None
    unseen: Unread | None = None


class Counted(enum.StrEnum):
    """What a forecast is of."""

    ADDRESSES = "free addresses"
    BLOCKS = "free /28 blocks"


@record
class ForecastShown:
    """When a subnet, or with ``subnet_id`` None a cluster's best subnet in a zone, has none left.

    The fields are those of ``capacity.forecast.Forecast``; days are whole days from ``now``, when
    the run looked. ``points`` are the lowest counts of the days seen, oldest first, each with its
    day (zero or less); only of the subnets that end soonest, empty of all others.
    """

    target: Target
    clusters: tuple[str, ...]
    az_id: str
    subnet_id: str | None = None
    cidr: str = ""
    counted: Counted = Counted.ADDRESSES
    now: dt.datetime
    answer: str
    free: int | None = None
    days: int | None = None
    earliest: int | None = None
    latest: int | None = None
    missing: str = ""
    since: dt.datetime | None = None
    shifted: bool = False
    level: float | None = None
    per_day: float | None = None
    points: tuple[tuple[int, int], ...] = ()


@record
class ZoneVerdict:
    """A zone's part in a verdict: its roomiest cluster subnet, and the free addresses in it."""

    az_id: str
    answer: str
    subnet_id: str
    free_ips: int


@record
class GroupShown:
    """A node group's answers by question (``capacity.rolling.Question``), and the reasons."""

    node_group: str
    answers: Mapping[str, str]
    reasons: tuple[str, ...] = ()


@record
class VerdictShown:
    """Whether a cluster's control plane can be upgraded now (``cni.upgrade.Upgrade``), by zone.

    ``groups`` are its node groups: None where they were not asked for or not all were seen.
    """

    target: Target
    cluster: str
    answer: str
    zones: tuple[ZoneVerdict, ...] = ()
    reasons: tuple[str, ...] = ()
    groups: tuple[GroupShown, ...] | None = None


@record
class ExpiredSuppression:
    """A suppression that no longer works, to be renewed or removed; ``where`` is ``file:line``."""

    where: str
    reason: str
    owner: str
    expires: dt.date


@record
class Audit:
    """Everything a report is made of. ``findings`` are in report order (``engine.run.order``).

    ``forecasts`` are those of a run that a store remembers; ``unforecast`` is how many subnets were
    left out of them because there are so many.
    """

    run: Run
    coverage: tuple[TargetCoverage, ...]
    findings: tuple[Finding, ...]
    subnets: tuple[SubnetUse, ...] = ()
    expired: tuple[ExpiredSuppression, ...] = ()
    ledgers: tuple[SubnetShown, ...] = ()
    verdicts: tuple[VerdictShown, ...] = ()
    forecasts: tuple[ForecastShown, ...] = ()
    unforecast: int = 0

    def count(self, status: Status, severity: Severity | None = None) -> int:
        """Return how many unsuppressed findings have the status, and the severity if given."""
        return sum(
            finding.status is status
            and finding.suppressed is None
            and (severity is None or finding.severity is severity)
            for finding in self.findings
        )
