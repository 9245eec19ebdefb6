"""What a deployed audit keeps of its runs: which there were, what each judged, each subnet's room.

A run is of many targets; each target's judgement is kept whole and never changes again.
"""

import datetime as dt
import enum
from collections.abc import Mapping

from eksnet.model.audit import (
    ExpiredSuppression,
    SubnetShown,
    SubnetUse,
    TargetCoverage,
    VerdictShown,
)
from eksnet.model.finding import Finding
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Sighting, Target

NO_ANSWER = ("eksnet:audit", "NoAnswer")  # the blind of a target that has no judgement


class RunKind(enum.StrEnum):
    """Why a run was made: of every target, or of one because something in it changed."""

    FULL = "full"
    CHANGE = "change"


@record
class RunRecord:
    """A run that was begun. Ids sort by the time the run is for.

    ``execution`` names whose run it is: a second beginning of the same id by another execution is a
    duplicate delivery. ``targets`` are those to be audited; ``blinds`` say which could not even be
    listed. ``reported_at`` is up to when people
    were told: the end of the run's last look; None until they were.
    """

    id: str
    kind: RunKind
    started_at: dt.datetime
    execution: str
    version: str
    targets: tuple[Target, ...]
    blinds: tuple[Blind, ...] = ()
    reported_at: dt.datetime | None = None


@record
class Letter:
    """What people were told of a run: the mail word by word, and the run's numbers by name.

    ``due`` is false of a change that made nothing bad: then nobody was mailed.
    """

    run_id: str
    subject: str
    body: str
    report: str
    due: bool
    figures: Mapping[str, int]


@record
class Judgement:
    """One target of one run: all that was found and seen, passes included.

    ``unattached`` tells since when each unattached interface has been so; the next run needs it.
    ``notes`` are what an operator must know, such as a suppressions file that can't be read.
    """

    run_id: str
    version: str
    coverage: TargetCoverage
    findings: tuple[Finding, ...]
    subnets: tuple[SubnetUse, ...] = ()
    unattached: tuple[Sighting, ...] = ()
    expired: tuple[ExpiredSuppression, ...] = ()
    notes: tuple[str, ...] = ()
    ledgers: tuple[SubnetShown, ...] = ()
    verdicts: tuple[VerdictShown, ...] = ()
    finished_at: dt.datetime

    @property
    def target(self) -> Target:
        """Return the account and region that was judged."""
        return self.coverage.target


@record
class Latest:
    """The newest run that judged a target: it alone may change the target's findings.

    ``captured_at`` is when it began to look; ``complete`` that it saw every list whole.
    ``previous`` is the run before whose judgement is known to be kept: this one's is kept last.
    """

    run_id: str
    captured_at: dt.datetime
    complete: bool
    previous: str | None = None


@record
class CapacityRow:
    """How much room a subnet had when a run looked: addresses, and free aligned /28 blocks.

    ``free_28`` is None where the subnet's interfaces or its prefix reservations were not seen.
    """

    run_id: str
    seen_at: dt.datetime
    target: Target
    subnet_id: str
    vpc_id: str
    az_id: str
    cidr: str
    usable: int
    free_ips: int
    free_28: int | None
    x_enis: int
    clusters: tuple[str, ...]
