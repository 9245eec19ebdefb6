"""A store of plans in memory, with the laws of the real one: for tests and rehearsals."""

import dataclasses
import datetime as dt

from eksnet.model.journal import (
    Decision,
    Entry,
    Lease,
    PlanRow,
    PlanState,
    Principal,
    Say,
    StepRow,
    Switch,
)
from eksnet.model.plan import Plan
from eksnet.store import plan_layout as layout
from eksnet.store.bodies import kept, stamp, written
from eksnet.store.plans import Commit

_Day = tuple[str, dt.date]


class MemoryPlanStore:
    """A PlanStore whose contents end with the process. It is not for threads to share."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._rows: dict[str, PlanRow] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._decisions: dict[str, dict[str, Decision]] = {}
        self._rejected: set[str] = set()
        self._held: dict[str, tuple[Lease, str]] = {}  # and for which plan
        self._epochs: dict[str, int] = {}
        self._spent: dict[_Day, int] = {}
        self._switch = Switch()

    def put_plan(self, plan: Plan, requester: Principal, at: dt.datetime) -> PlanRow:
        """Keep a plan, awaiting approval, unless it is there; return the row that is then kept."""
        row = layout.first_row(plan, requester, at)
        if row.plan_id not in self._rows:
            self._plans[row.plan_id], self._rows[row.plan_id] = kept(plan), kept(row)
        return self._rows[row.plan_id]

    def plan(self, plan_id: str) -> Plan | None:
        """Return a plan."""
        return self._plans.get(plan_id)

    def row(self, plan_id: str) -> PlanRow | None:
        """Return how far a plan has come."""
        return self._rows.get(plan_id)

    def rows(self) -> tuple[PlanRow, ...]:
        """Return the row of every plan, newest first."""
        return tuple(sorted(self._rows.values(), key=_age, reverse=True))

    def entries(self, plan_id: str) -> tuple[Entry, ...]:
        """Return a plan's journal, oldest first."""
        return tuple(self._entries.get(plan_id, ()))

    def commit(self, change: Commit) -> bool:
        """Change a plan's row; False when a condition does not hold, and then nothing happened.

        Raises:
            ValueError: it is no change that a plan's row can have.
        """
        entry, was = layout.entry_of(change), self._rows.get(change.row.plan_id)
        if was is None or not _follows(was, change) or not self._allowed(change):
            return False
        if change.budget is not None:
            day = change.budget.account_id, change.budget.day
            self._spent[day] = self._spent.get(day, 0) + 1
        steps = _with(was.steps, entry.step)
        self._rows[was.plan_id] = kept(dataclasses.replace(change.row, steps=steps))
        self._entries.setdefault(was.plan_id, []).append(kept(entry))
        return True

    def _allowed(self, change: Commit) -> bool:
        """Tell whether all holds that a change asks for beside its plan's row."""
        lease, budget = change.lease, change.budget
        return (
            (lease is None or (self._holds(lease) and self._lasts(lease.key, change.at)))
            and (budget is None or self.spent(budget.account_id, budget.day) < budget.most)
            and not (change.running and self._switch.stopped)
            and (change.agreed is None or self._agreed(change.row.plan_id, change.agreed))
        )

    def _agreed(self, plan_id: str, decisions: tuple[Decision, ...]) -> bool:
        found = self._decisions.get(plan_id, {})
        return plan_id not in self._rejected and all(
            each.principal.id in found and written(found[each.principal.id]) == written(each)
            for each in decisions
        )

    def decide(self, decision: Decision) -> bool:
        """Keep a person's word; False when it does not count."""
        name, person = decision.plan_id, decision.principal.id
        row, said = self._rows.get(name), self._decisions.setdefault(name, {})
        if row is None or row.digest != decision.digest:
            return False
        if decision.say is Say.REJECT:
            self._rejected.add(name)
        elif person in said or name in self._rejected or not _approvable(row, decision):
            return False
        said[person] = kept(decision)
        return True

    def decisions(self, plan_id: str) -> tuple[Decision, ...]:
        """Return what was decided, by principal."""
        return tuple(each for _, each in sorted(self._decisions.get(plan_id, {}).items()))

    def take_lease(
        self, key: str, plan_id: str, owner: str, now: dt.datetime, until: dt.datetime
    ) -> Lease | None:
        """Take or renew the right to change a target; None when another has it."""
        held, held_for = self._held.get(key, (None, None))
        renewed = held is not None and (held.owner, held_for) == (owner, plan_id)
        if held is not None and not renewed and stamp(held.until) >= stamp(now):
            return None
        if not renewed:
            self._epochs[key] = self._epochs.get(key, 0) + 1
        end = layout.to_the_second(until)
        lease = Lease(key=key, owner=owner, epoch=self._epochs[key], until=end)
        self._held[key] = lease, plan_id
        return lease

    def drop_lease(self, lease: Lease) -> None:
        """Give the right back if it is still held; the epoch is kept."""
        if self._holds(lease):
            del self._held[lease.key]

    def _holds(self, lease: Lease) -> bool:
        held, _ = self._held.get(lease.key, (None, None))
        return held is not None and (held.owner, held.epoch) == (lease.owner, lease.epoch)

    def _lasts(self, key: str, at: dt.datetime) -> bool:
        held, _ = self._held[key]
        return stamp(held.until) > stamp(at)

    def switch(self) -> Switch:
        """Return whether writing is stopped."""
        return self._switch

    def put_switch(self, switch: Switch) -> None:
        """Stop all writing, or allow it again."""
        self._switch = kept(switch)

    def spent(self, account_id: str, day: dt.date) -> int:
        """Return how many changes an account has seen in a day."""
        return self._spent.get((account_id, day), 0)


def _age(row: PlanRow) -> tuple[str, str]:
    return stamp(row.created_at), row.plan_id


def _follows(was: PlanRow, change: Commit) -> bool:
    """Tell whether a change is of the row as it is, and leaves alone what never changes."""
    return (
        change.row.version == was.version + 1
        and layout.fixed(change.row) == layout.fixed(was)
        and (change.number is None or change.number in {step.number for step in was.steps})
    )


def _with(steps: tuple[StepRow, ...], changed: StepRow | None) -> tuple[StepRow, ...]:
    return tuple(changed if changed and changed.number == step.number else step for step in steps)


def _approvable(row: PlanRow, decision: Decision) -> bool:
    return (
        row.state is PlanState.AWAITING_APPROVAL
        and row.requester.id != decision.principal.id
        and stamp(row.expires_at) > stamp(decision.at)
    )
