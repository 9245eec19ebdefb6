"""What a store of plans does, whatever it keeps them in: every change is one transaction."""

import datetime as dt
from typing import Protocol

from eksnet.model.journal import Budget, Decision, Entry, Lease, PlanRow, Principal, Switch
from eksnet.model.plan import Plan
from eksnet.model.record import record


@record
class Commit:
    """A change of a plan's row: all of it happens, or nothing.

    ``row`` is the row as it shall be, its version one above the one it was read with; it is kept
    only while the store still has that one, and with it the step ``number`` that changed (None
    where none did) and an entry that says ``text``. The other parts are conditions:

    - ``lease``: it is still held by that owner in that epoch, and past ``at``;
    - ``budget``: one more change is left, and is taken;
    - ``running``: the switch is not stopped;
    - ``agreed``: the decisions are kept word for word, and nobody has rejected the plan.
    """

    row: PlanRow
    at: dt.datetime
    text: str
    worker: str
    number: int | None = None
    lease: Lease | None = None
    budget: Budget | None = None
    running: bool = False
    agreed: tuple[Decision, ...] | None = None


class PlanStore(Protocol):
    """Plans, how far they have come, who decided what, and who may write now.

    Every method raises StoreError when the store can't be read or written.
    """

    def put_plan(self, plan: Plan, requester: Principal, at: dt.datetime) -> PlanRow:
        """Keep a plan, awaiting approval, unless it is there; return the row that is then kept."""

    def plan(self, plan_id: str) -> Plan | None:
        """Return a plan.

        Raises:
            StoreError: what is kept has another digest than its name says: ``CorruptPlan``.
        """

    def row(self, plan_id: str) -> PlanRow | None:
        """Return how far a plan has come."""

    def rows(self) -> tuple[PlanRow, ...]:
        """Return the row of every plan, newest first."""

    def entries(self, plan_id: str) -> tuple[Entry, ...]:
        """Return a plan's journal, oldest first."""

    def commit(self, change: Commit) -> bool:
        """Change a plan's row; False when a condition does not hold, and then nothing happened.

        A change that was kept although the answer was lost counts as kept.
        """

    def decide(self, decision: Decision) -> bool:
        """Keep a person's word; False when it does not count.

        An approval counts while the plan awaits approval, is not expired at the decision's time,
        has that digest and another requester, and the person has not decided yet. A rejection
        counts for any plan with that digest, over one's own approval too.
        """

    def decisions(self, plan_id: str) -> tuple[Decision, ...]:
        """Return what was decided, by principal."""

    def take_lease(
        self, key: str, plan_id: str, owner: str, now: dt.datetime, until: dt.datetime
    ) -> Lease | None:
        """Take or renew the right to change a target; None when another has it.

        A renewal by the same owner for the same plan keeps the epoch; any other taking raises it.
        """

    def drop_lease(self, lease: Lease) -> None:
        """Give the right back if it is still held; the epoch is kept."""

    def switch(self) -> Switch:
        """Return whether writing is stopped."""

    def put_switch(self, switch: Switch) -> None:
        """Stop all writing, or allow it again."""

    def spent(self, account_id: str, day: dt.date) -> int:
        """Return how many changes an account has seen in a day."""
