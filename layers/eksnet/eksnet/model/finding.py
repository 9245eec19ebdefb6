"""What a check says of one resource, in the form people and programs read."""

import datetime as dt
import enum
import hashlib
from collections.abc import Mapping
from json.encoder import encode_basestring

from eksnet.model.record import record
from eksnet.model.snapshot import Resource, Target

Evidence = Mapping[str, object]


class Status(enum.StrEnum):
    """The three answers a check has."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    PASS = "pass"  # noqa: S105 - an answer, not a secret


class Severity(enum.StrEnum):
    """How much it matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Return 0 for the worst."""
        return _RANK[self]


_RANK = {each: number for number, each in enumerate(Severity)}


@record
class Unread:
    """Why an answer is unknown: the API that would have told, and the error it gave."""

    api: str
    error: str


@record
class Suppression:
    """Who accepted a finding, why, and until when (a date, that day included)."""

    reason: str
    owner: str
    expires: dt.date


@record
class Finding:
    """One answer about one resource; ``severity`` is None on a pass."""

    finding_id: str
    check_id: str
    title: str
    status: Status
    severity: Severity | None
    account_id: str
    region: str
    cluster: str | None
    resource: Resource
    message: str
    evidence: Evidence
    unknown: Unread | None
    remedies: tuple[str, ...]
    source: str
    first_seen: dt.datetime
    last_seen: dt.datetime
    suppressed: Suppression | None = None


def finding_id(check_id: str, target: Target, cluster: str | None, resource: Resource) -> str:
    """Return the stable name of a finding: it changes with neither the message nor the time."""
    parts = [
        check_id,
        target.account_id,
        target.region,
        cluster or "",
        resource.type,
        resource.id,
    ]
    # As json.dumps writes a list of strings, at a fifth of its time: every finding has an id.
    canonical = f"[{','.join(map(encode_basestring, parts))}]"
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def counted(number: int, thing: str) -> str:
    """Return a number with its noun, in the plural where that is due."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
