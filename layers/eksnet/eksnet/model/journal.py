"""How far a plan has come: what is written down before and after each step."""

import datetime as dt
import enum

from eksnet.model.record import record


class PlanState(enum.StrEnum):
    """Where a plan stands."""

    AWAITING_APPROVAL = "awaiting-approval"
    APPROVED = "approved"
    WINDOW_WAIT = "window-wait"
    APPLYING = "applying"
    VERIFYING = "verifying"
    SUCCEEDED = "succeeded"
    INTERRUPTED = "interrupted"
    HALTED = "halted"
    STEP_FAILED = "step-failed"
    VERIFY_FAILED = "verify-failed"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    NEEDS_HUMAN = "needs-human"
    STALE = "stale"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


#: Nothing leads out of these.
FINAL = frozenset(
    {
        PlanState.ROLLED_BACK,
        PlanState.STALE,
        PlanState.REFUSED,
        PlanState.REJECTED,
        PlanState.EXPIRED,
        PlanState.SUPERSEDED,
    }
)
#: From these the plan may go on being applied.
RESUMABLE = frozenset({PlanState.INTERRUPTED, PlanState.HALTED, PlanState.WINDOW_WAIT})
#: From these it may be taken back: at least one step may have been begun, or was kept.
REVERSIBLE = frozenset(
    {
        PlanState.SUCCEEDED,
        PlanState.INTERRUPTED,
        PlanState.HALTED,
        PlanState.STEP_FAILED,
        PlanState.VERIFY_FAILED,
        PlanState.NEEDS_HUMAN,
    }
)


class StepState(enum.StrEnum):
    """Where a step stands.

    ``made``: the call returned. ``done``: what it made was seen. ``adopted``: the call never
    returned, but what was seen proves to be ours. ``unproven``: it may be somebody else's, so it is
    never taken back. ``kept``: it could not be taken back; the row says why, and another execution
    looks at it anew.
    """

    PENDING = "pending"
    INTENT = "intent"
    MADE = "made"
    DONE = "done"
    ADOPTED = "adopted"
    UNPROVEN = "unproven"
    UNDO_INTENT = "undo-intent"
    UNDONE = "undone"
    KEPT = "kept"


class Purpose(enum.StrEnum):
    """What an execution is for."""

    APPLY = "apply"
    ROLLBACK = "rollback"


class Say(enum.StrEnum):
    """What a person decided."""

    APPROVE = "approve"
    REJECT = "reject"


@record
class Principal:
    """Who signed a request, as AWS says: ``id`` is who counts as one person, ``arn`` is shown."""

    id: str
    arn: str


@record
class Decision:
    """One person's word on a plan, bound to its digest."""

    plan_id: str
    digest: str
    principal: Principal
    say: Say
    at: dt.datetime
    reason: str = ""


@record
class Kept:
    """Where a step stood before it was kept, and in which attempt at the plan it was."""

    was: StepState
    attempt: int


@record
class StepRow:
    """A step's place in the journal; ``tries`` counts the calls, ``looks`` the waits for one."""

    number: int
    state: StepState = StepState.PENDING
    epoch: int = 0
    resource_id: str | None = None
    tries: int = 0
    looks: int = 0
    problem: str | None = None
    kept: Kept | None = None


@record
class PlanRow:
    """A plan's place in the journal; each change raises ``version``, which fences all others.

    ``attempt`` counts executions; ``told`` is the last of whose end people were told; ``reason``
    says why it stands where it stands.
    """

    plan_id: str
    digest: str
    state: PlanState
    version: int
    requester: Principal
    created_at: dt.datetime
    expires_at: dt.datetime
    purpose: Purpose | None = None
    attempt: int = 0
    told: int = 0
    approvers: tuple[str, ...] = ()
    reason: str | None = None
    steps: tuple[StepRow, ...]


@record
class Lease:
    """The sole right to change a target's VPC: ``key`` names it, ``epoch`` only grows."""

    key: str
    owner: str
    epoch: int
    until: dt.datetime


@record
class Budget:
    """How many changes an account may see in a day; one more is taken by a step's first intent."""

    account_id: str
    day: dt.date
    most: int


@record
class Entry:
    """A line of a plan's journal, written together with the change it tells of."""

    plan_id: str
    version: int
    at: dt.datetime
    state: PlanState
    step: StepRow | None
    text: str
    worker: str


@record
class Switch:
    """Whether all writing is stopped, by whom and why."""

    stopped: bool = False
    reason: str = ""
    by: str = ""
    at: dt.datetime | None = None
