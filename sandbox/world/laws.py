"""What must hold while a plan is carried out, whatever goes wrong: asked at every write.

I1 no write without a durable intent for it; I2 none without people's agreement, in time; I3 intents
of one epoch only, which never falls; I4 what is deleted was made by the plan, is unchanged and
unused; I5 the end says what is there; I6 no intent after a stop; I7 the VPC never works less than
before; I8 no write after a look that did not see everything.
"""

from collections.abc import Mapping
from typing import Any

from eksnet.model import action as act
from eksnet.model.action import Action
from eksnet.model.journal import PlanState, Purpose, Say, StepRow, StepState
from eksnet.model.plan import PLAN_TAG, Plan, digest, plan_id
from eksnet.model.snapshot import Snapshot
from eksnet.store.plans import Commit
from sandbox.world.plans import CNI_TAG
from sandbox.world.things import delivered, made, picture, working_logs
from sandbox.world.world import World

_INTENT = {False: StepState.INTENT, True: StepState.UNDO_INTENT}
_CLAIMED = frozenset({StepState.MADE, StepState.DONE, StepState.ADOPTED})
_NOTHING = frozenset({StepState.PENDING, StepState.UNDONE})
"""States that say that nothing of a step is there."""


def _marks(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that a cluster or the plan reads: their keys have a domain's name."""
    return {key: value for key, value in tags.items() if "/" in key or key == PLAN_TAG}


class Laws:
    """Watches one plan in one world. ``broken`` lists what did not hold."""

    def __init__(self, plan: Plan, store: Any, world: World) -> None:
        self._plan, self._store, self._world = plan, store, world
        self._digest = digest(plan)
        self._id = plan_id(self._digest)
        first = world.now().shown
        self._first, self._logs = first, working_logs(first, plan.vpc_id)
        self._owed: set[str] = set()
        self._epoch = 0
        self._made: set[int] = set()
        self.broken: list[str] = []
        self.writes = 0

    def _hold(self, law: str, fact: object, text: str) -> None:
        if not fact:
            self.broken.append(f"{law}: {text}")

    def kept(self, change: Commit) -> None:
        """Hear of a commit that was kept: what an intent needs must hold now."""
        step = next((s for s in change.row.steps if s.number == change.number), None)
        if step is None:
            return
        if step.state in _CLAIMED:
            self._made.add(step.number)
        if step.state in _INTENT.values() and step.tries and not step.looks:
            self._intent(change, step)

    def _intent(self, change: Commit, step: StepRow) -> None:
        text = f"step {step.number} {step.state} in {change.row.state}"
        epoch = change.lease.epoch if change.lease else 0
        self._hold("I3", change.lease and epoch >= self._epoch, f"{text}: epoch {epoch}")
        self._epoch = max(self._epoch, epoch)
        self._hold("I6", not self._store.switch().stopped, f"{text}: all writing is stopped")
        words = self._store.decisions(self._id)
        agreed = [w for w in words if w.say is Say.APPROVE and w.digest == self._digest]
        agreed = [w for w in agreed if w.principal.id != change.row.requester.id]
        self._hold("I2", agreed, f"{text}: nobody agreed")
        undo = change.row.purpose is Purpose.ROLLBACK
        rejected = any(word.say is Say.REJECT for word in words)
        self._hold("I2", undo or not rejected, f"{text}: somebody rejected it")

    def wrote(  # noqa: PLR0913 - all that is known of a write
        self,
        *,
        api: str,
        action: Action,
        token: str,
        seen: Snapshot,
        undo: bool,
        resource_id: str | None = None,
    ) -> None:
        """Hear of a write that is about to happen."""
        self.writes += 1
        step = next((each for each in self._plan.steps if each.action == action), None)
        if step is None:
            self.broken.append(f"I1: {api} is no step of the plan")
            return
        text = f"{api} of step {step.number}"
        row = self._row(step.number)
        self._hold("I1", row.state is _INTENT[undo], f"{text} while it is {row.state}")
        self._hold("I1", token, f"{text} without a token")
        until = self._plan.undo_until if undo else self._plan.expires_at
        self._hold("I2", self._world.clock.now() < until, f"{text}: the agreement is expired")
        self._hold("I8", not seen.blinds, f"{text} after a look that was blind")
        if undo:
            self._undone(step.number, action, seen, resource_id, text)
        self._works(action, seen, undo=undo, text=text)

    def _row(self, number: int) -> StepRow:
        rows: tuple[StepRow, ...] = self._store.row(self._id).steps
        return next(each for each in rows if each.number == number)

    def _undone(
        self, number: int, action: Action, seen: Snapshot, resource_id: str | None, text: str
    ) -> None:
        """I4, as far as the look could show it."""
        self._hold("I4", number in self._made, f"{text}: the journal never said that it is ours")
        if isinstance(action, act.CreateSubnet):
            for subnet in (each for each in seen.subnets if each.id == resource_id):
                used = any(each.subnet_id == subnet.id for each in seen.enis)
                self._hold("I4", not used, f"{text}: {subnet.id} is used")
                same = _marks(subnet.tags) == _marks(self._tags(action))
                self._hold("I4", same, f"{text}: tags were changed")
        if isinstance(action, act.CreateFlowLog):
            ours = made(seen, action, self._id)
            self._hold("I4", not ours or resource_id in ours, f"{text}: another log than made")

    def _tags(self, action: act.CreateSubnet) -> dict[str, str]:
        return {**action.tags, PLAN_TAG: self._id}

    def _works(self, action: Action, seen: Snapshot, *, undo: bool, text: str) -> None:
        """I7, as far as the look could show it."""
        if isinstance(action, act.CreateFlowLog) and undo:
            self._logs_left(seen, set(made(seen, action, self._id)), text)
        if isinstance(action, act.DeleteFlowLog) and not undo:
            self._logs_left(seen, {action.flow_log_id}, text)
            self._owed.add(action.flow_log_id)
            proven = delivered(seen, action.replaced_by, self._world.clock.now())
            self._hold("I7", proven, f"{text}: no record of the new log was waited for")
        if isinstance(action, act.TagSubnet) and not undo and action.key == CNI_TAG:
            place = (action.vpc_id, action.subnet_cidr)
            ids = {each.id for each in seen.subnets if (each.vpc_id, each.cidr) == place}
            routed = {each for table in seen.route_tables for each in table.subnet_ids}
            self._hold("I7", ids and ids <= routed, f"{text}: published without a route")

    def _logs_left(self, seen: Snapshot, gone: set[str], text: str) -> None:
        """As many work as before, but for those that people took away themselves.

        A look may be late, and the world may have changed since: it counts what both agree on.
        """
        left = [self._left(shown, gone) for shown in (seen, self._world.now().shown)]
        self._hold("I7", any(left), f"{text}: too few flow logs are left")

    def _left(self, shown: Snapshot, gone: set[str]) -> bool:
        logs = working_logs(shown, self._plan.vpc_id)
        due = self._logs & (logs | self._owed | gone)
        return len(logs - gone) >= len(due) or not gone & logs

    def end(self, state: PlanState) -> None:
        """Ask whether the end says what is there."""
        shown, edited = self._world.now().shown, bool(self._world.edits)
        self._kept_whole(shown, edited=edited)
        row = self._store.row(self._id)
        for step in self._plan.steps:
            there = made(shown, step.action, self._id)
            self._told(step.action, self._row(step.number), there, edited=edited)
        if state is PlanState.ROLLED_BACK:
            left = [each.number for each in row.steps if each.state not in _NOTHING]
            self._hold("I5", not left, f"rolled back, and steps {left} are not")
        if state is PlanState.ROLLED_BACK and not edited:
            same = picture(shown) == picture(self._first)
            self._hold("I5", same, f"rolled back to another world: {picture(shown)}")
        if state is PlanState.SUCCEEDED and not edited:
            for step in self._plan.steps:
                found = made(shown, step.action, self._id)
                self._hold("I5", len(found) == 1, f"step {step.number} made {found}")
        if state is PlanState.NEEDS_HUMAN:
            self._listed(shown, row.reason or "")

    def _told(self, action: Action, row: StepRow, there: tuple[str, ...], *, edited: bool) -> None:
        self._hold("I5", len(there) <= 1, f"step {row.number} made {there}")
        if row.state in _CLAIMED and not edited:
            self._hold("I5", there, f"step {row.number} is {row.state} and not there")
        if row.state in _NOTHING:
            tagged = isinstance(action, act.CreateSubnet | act.CreateFlowLog)
            orphan = there and (tagged or not edited)
            self._hold("I5", not orphan, f"step {row.number} is {row.state}, yet there is {there}")

    def _listed(self, shown: Snapshot, reason: str) -> None:
        """Whoever takes over is told of everything that is there, by its id where it has one."""
        for step in self._plan.steps:
            there = made(shown, step.action, self._id)
            if not there or self._row(step.number).state in _NOTHING:
                continue
            told = f"step {step.number}:" in reason
            if isinstance(step.action, act.CreateSubnet | act.CreateFlowLog):
                told = told and all(each in reason for each in there)
            self._hold("I5", told, f"{there} of step {step.number} is not in the end: {reason}")

    def _kept_whole(self, shown: Snapshot, *, edited: bool) -> None:
        """I7: what was there before is there still."""
        subnets = {each.id for each in shown.subnets}
        lost = {each.id for each in self._first.subnets} - subnets
        self._hold("I7", not lost, f"subnets lost: {lost}")
        for table in self._first.route_tables:
            now = next(each for each in shown.route_tables if each.id == table.id)
            kept = set(table.subnet_ids) <= set(now.subnet_ids)
            self._hold("I7", edited or kept, f"{table.id} lost a subnet")
        logs = working_logs(shown, self._plan.vpc_id)
        self._hold("I7", edited or len(logs) >= len(self._logs), f"only {logs} work")
