"""One turn of an execution: what it works with, and the one place where a plan's state changes."""

import dataclasses
import datetime as dt
from collections.abc import Callable

from eksnet.apply.approval import Agreement
from eksnet.apply.interface import Clock, Eyes, Hands
from eksnet.apply.progress import SETTLED, OvertakenError, Progress, leads, touched
from eksnet.model.errors import InputError
from eksnet.model.journal import Budget, Decision, Lease, PlanRow, PlanState, Purpose, StepRow
from eksnet.model.plan import Plan, Step, digest
from eksnet.model.record import record
from eksnet.plan.kinds import kind_of
from eksnet.settings.terms import Terms
from eksnet.store.interface import StoreError
from eksnet.store.plans import Commit, PlanStore

#: Looks anew and says whether the plan's causes are closed; None when that could not be told.
Closed = Callable[[Plan], bool | None]
FIRST_PAUSE, LONGEST_PAUSE = 2, 30  # seconds; ours: 60 looks take half an hour
DOUBTS = 5  # looks, a minute of them; ours: EC2 developer guide, "Eventual consistency"

_DIGEST = "eksnet:digest"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an executor works with."""

    store: PlanStore
    eyes: Eyes
    hands: Hands
    clock: Clock
    terms: Terms
    worker: str
    closed: Closed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One call of `advance`: the plan, its row as it was read or last written, and the lease.

    ``agreement`` is None in a rollback: it goes by what was agreed when the plan was begun.
    """

    tools: Tools
    plan: Plan
    digest: str
    row: PlanRow
    purpose: Purpose
    lease: Lease | None
    agreement: Agreement | None = None

    @property
    def now(self) -> dt.datetime:
        """The time, read anew."""
        return self.tools.clock.now()

    @property
    def going(self) -> PlanState:
        """The state of a plan that goes on."""
        if self.purpose is Purpose.ROLLBACK:
            return PlanState.ROLLING_BACK
        if self.row.state is PlanState.VERIFYING:
            return PlanState.VERIFYING
        return PlanState.APPLYING if touched(self.row) else PlanState.APPROVED

    @property
    def held(self) -> Lease:
        """The lease, without which nothing is written.

        Raises:
            OvertakenError: there is none.
        """
        if self.lease is None:
            message = "the lease is not held"
            raise OvertakenError(message)
        return self.lease

    @property
    def done(self) -> frozenset[int]:
        """The steps that are there, as far as applying the plan goes."""
        return frozenset(each.number for each in self.row.steps if each.state in SETTLED)

    @property
    def agreed(self) -> tuple[Decision, ...]:
        """The approvals by which the plan is applied."""
        return self.agreement.agreed if self.agreement else ()

    def step(self, row: StepRow) -> Step:
        """Return the step that a row of the journal is about."""
        return next(step for step in self.plan.steps if step.number == row.number)

    def tells(self, row: StepRow) -> str:
        """Return what that step does, in a line."""
        step = self.step(row)
        return f"step {step.number}: {kind_of(step.action).tells(step.action)}"


def load(store: PlanStore, plan_id: str) -> tuple[Plan, PlanRow, str]:
    """Return a plan, its row, and its digest, computed anew.

    Raises:
        InputError: there is no such plan.
        StoreError: the row is of another digest, or the store can't be read.
    """
    row, plan = store.row(plan_id), store.plan(plan_id)
    if row is None or plan is None:
        message = f"no plan {plan_id}"
        raise InputError(message)
    found = digest(plan)
    if row.digest != found:
        raise StoreError(_DIGEST, "CorruptPlan")
    return plan, row, found


@record
class Asks:
    """What has to hold, beside the row and the lease, for a write to be announced."""

    running: bool = False
    budget: Budget | None = None
    agreed: tuple[Decision, ...] | None = None


NOTHING = Asks()


def note(
    turn: Turn, state: PlanState, text: str, step: StepRow | None = None, asks: Asks = NOTHING
) -> Turn:
    """Write down where the plan stands now, and a step; return the turn that knows so.

    Raises:
        OvertakenError: somebody else was faster, or what was asked no longer holds.
        ValueError: no such state follows.
    """
    if not leads(turn.row, state):
        message = f"{turn.row.state} does not lead to {state}"
        raise ValueError(message)
    steps = tuple(step if step and step.number == each.number else each for each in turn.row.steps)
    row = dataclasses.replace(
        turn.row, state=state, version=turn.row.version + 1, reason=text, steps=steps
    )
    change = Commit(
        row=row,
        at=turn.now,
        text=text,
        worker=turn.tools.worker,
        number=step.number if step else None,
        lease=turn.lease,
        budget=asks.budget,
        running=asks.running,
        agreed=asks.agreed,
    )
    if not turn.tools.store.commit(change):
        raise OvertakenError(text)
    return dataclasses.replace(turn, row=row)


def onward(turn: Turn, text: str, seconds: int = 0) -> Progress:
    """Say that the execution goes on."""
    return Progress(state=turn.row.state, again=True, wait_seconds=seconds, text=text)


def settled_with(turn: Turn, step: StepRow, text: str) -> Turn:
    """Note that a step has come to rest; return the turn that knows so."""
    return note(turn, turn.going, text, dataclasses.replace(step, looks=0))


def settle(turn: Turn, step: StepRow, text: str) -> Progress:
    """Note that a step has come to rest, and go on."""
    return onward(settled_with(turn, step, text), text)


def end(turn: Turn, state: PlanState, text: str, step: StepRow | None = None) -> Progress:
    """Note that the execution ends, and why, and give the lease back."""
    turn = note(turn, state, text, step)
    if turn.lease:
        turn.tools.store.drop_lease(turn.lease)
    return Progress(state=state, again=False, wait_seconds=0, text=text)


def wait(turn: Turn, step: StepRow, text: str) -> Progress:
    """Note one more look for a step, and wait; after ``most_looks`` the execution ends."""
    looks = step.looks + 1
    if looks > turn.tools.terms.most_looks:
        return end(turn, PlanState.INTERRUPTED, f"{text}; gave up after {step.looks} looks", step)
    turn = note(turn, turn.going, text, dataclasses.replace(step, looks=looks))
    return onward(turn, text, pause(looks))


def pause(looks: int) -> int:
    """Return how many seconds to wait before the next look."""
    return min(LONGEST_PAUSE, FIRST_PAUSE << min(max(0, looks - 1), LONGEST_PAUSE))
