"""A plan, a world it is for, and an executor: what the tests of carrying out stand on."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from eksnet.apply.executor import Executor
from eksnet.apply.interface import LostError, WriteError
from eksnet.apply.progress import Begun, NotBegun, Progress
from eksnet.model.action import Action
from eksnet.model.journal import (
    Decision,
    PlanRow,
    PlanState,
    Principal,
    Purpose,
    Say,
    StepState,
    Switch,
)
from eksnet.model.plan import PLAN_TAG, Plan, digest, plan_id
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.settings.terms import Terms
from eksnet.store.plans import Commit, PlanStore
from eksnet.store.plans_memory import MemoryPlanStore
from sandbox.world.clock import HandClock
from sandbox.world.eyes import WorldEyes
from sandbox.world.ground import NOW, shown
from sandbox.world.hands import WorldHands
from sandbox.world.people import edit
from sandbox.world.state import Habits, State
from sandbox.world.world import World
from tests.apply.plans import PLANS, PODS

APPLY, ROLLBACK = Purpose.APPLY, Purpose.ROLLBACK
ASKER = Principal(id="AIDAASKER", arn="arn:aws:iam::111122223333:user/asker")
CAROL = Principal(id="AIDACAROL", arn="arn:aws:iam::111122223333:user/carol")
DAVE = Principal(id="AIDADAVE", arn="arn:aws:iam::111122223333:user/dave")
STOP = Switch(stopped=True, reason="a freeze", by="ops", at=NOW)
MOST_TURNS = 2000  # of one execution: a test that loops fails


class Hands(WorldHands):
    """A world's hands whose calls can be made to fail, and that remember what they did."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.done: list[str] = []
        self.undone: list[str] = []
        self.before: Callable[[Action], None] = lambda _: None
        self.after: Callable[[Action], None] = lambda _: None
        self.asked: Callable[[Action], None] = lambda _: None

    def do(self, action: Action, *, plan_id: str, token: str, seen: Snapshot) -> str | None:
        self.before(action)
        self.done.append(action.kind)
        made = super().do(action, plan_id=plan_id, token=token, seen=seen)
        self.after(action)
        return made

    def rehearse(self, action: Action, *, plan_id: str, seen: Snapshot) -> None:
        self.asked(action)
        super().rehearse(action, plan_id=plan_id, seen=seen)

    def undo(self, action: Action, *, resource_id: str | None, token: str, seen: Snapshot) -> None:
        self.before(action)
        self.undone.append(action.kind)
        super().undo(action, resource_id=resource_id, token=token, seen=seen)
        self.after(action)


class Eyes(WorldEyes):
    """A world's eyes before which something may happen."""

    before: Callable[[], None] = staticmethod(lambda: None)
    shown: Callable[[Snapshot], Snapshot] = staticmethod(lambda snapshot: snapshot)

    def look(self, facets: Iterable[Facet]) -> Snapshot:
        self.before()
        return self.shown(super().look(facets))


class Store(MemoryPlanStore):
    """A store before whose commits something may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[Commit], None] = lambda _: None
        self.holds: Callable[[Commit], bool] = lambda _: False

    def commit(self, change: Commit) -> bool:
        self.before(change)
        return not self.holds(change) and super().commit(change)


class Ground:
    """One plan in one world, in the hands of workers that share a store."""

    def __init__(
        self,
        what: str | Plan = PODS,
        *,
        terms: Terms | None = None,
        habits: Habits | None = None,
        **parts: Any,
    ) -> None:
        plan = PLANS[what] if isinstance(what, str) else what
        self.plan = dataclasses.replace(plan, **parts)
        self.id = plan_id(digest(self.plan))
        self.clock = HandClock(NOW)
        self.world = World(shown(), self.clock, habits)
        self.store, self.hands, self.eyes = Store(), Hands(self.world), Eyes(self.world)
        self.terms = terms or Terms(approvers_if_irreversible=1)
        self.closed: bool | LostError | None = True
        self.store.put_plan(self.plan, ASKER, NOW)

    def worker(self, name: str = "worker-1", store: PlanStore | None = None) -> Executor:
        return Executor(
            store=store or self.store,
            eyes=self.eyes,
            hands=self.hands,
            clock=self.clock,
            terms=self.terms,
            worker=name,
            closed=self.is_closed,
        )

    def is_closed(self, _: Plan) -> bool | None:
        if isinstance(self.closed, LostError):
            raise self.closed
        return self.closed

    def say(self, who: Principal, say: Say = Say.APPROVE, reason: str = "") -> bool:
        return self.store.decide(
            Decision(
                plan_id=self.id,
                digest=digest(self.plan),
                principal=who,
                say=say,
                at=self.clock.now(),
                reason=reason,
            )
        )

    def reject(self, who: Principal) -> None:
        assert self.say(who, Say.REJECT)

    def begin(self, purpose: Purpose = APPLY, by: Principal | None = None) -> Begun | NotBegun:
        return self.worker().begin(self.id, purpose, by)

    def begun(self, purpose: Purpose = APPLY) -> int:
        found = self.begin(purpose)
        assert isinstance(found, Begun), found
        return found.attempt

    def advance(self, attempt: int, purpose: Purpose = APPLY) -> Progress:
        """Advance once, and let the time pass that was asked for."""
        progress = self.worker().advance(self.id, purpose, attempt)
        self.clock.move(progress.wait_seconds)
        return progress

    def run(
        self,
        purpose: Purpose = APPLY,
        *,
        attempt: int | None = None,
        until: Callable[[PlanRow], bool] = lambda _: False,
    ) -> Progress:
        """Carry an execution on until it ends, or the row is as wanted."""
        number = self.begun(purpose) if attempt is None else attempt
        for _ in range(MOST_TURNS):
            progress = self.advance(number, purpose)
            if not progress.again or until(self.row):
                return progress
        message = f"no end: {progress}"
        raise AssertionError(message)

    def upto(self, number: int, state: StepState = StepState.DONE) -> int:
        """Apply until a step is in a state, and no later one announced; return the attempt."""
        attempt = self.begun()
        if number:
            self.store.holds = lambda change: (change.number or 0) > number
            self.run(attempt=attempt, until=lambda row: row.steps[number - 1].state is state)
            self.store.holds = lambda _: False
            assert self.states[number - 1] is state, self.told
        return attempt

    def happens(self, name: str) -> None:
        """Let a person do something in the world."""
        assert self.world.edit(edit, name=name, plan=self.plan), name

    def halt(self, attempt: int) -> None:
        """Halt the execution, and let all writing go on afterwards."""
        self.store.put_switch(STOP)
        self.advance(attempt)
        self.store.put_switch(Switch())
        assert self.state is PlanState.HALTED

    @property
    def ours(self) -> list[str]:
        """Return the subnets that have the plan's tag."""
        shown_now = self.world.now().shown
        return [each.id for each in shown_now.subnets if each.tags.get(PLAN_TAG) == self.id]

    @property
    def row(self) -> PlanRow:
        row = self.store.row(self.id)
        assert row is not None
        return row

    @property
    def state(self) -> PlanState:
        return self.row.state

    @property
    def states(self) -> list[StepState]:
        return [step.state for step in self.row.steps]

    @property
    def told(self) -> str:
        return self.row.reason or ""

    @property
    def restored(self) -> bool:
        """Tell whether the world is as it was before, flow logs but for their ids and ages."""
        return _plain(self.world.now().shown) == _plain(World(shown(), self.clock).now().shown)


def approved(what: str | Plan = PODS, **parts: Any) -> Ground:
    """Return a ground whose plan Carol has approved."""
    ground = Ground(what, **parts)
    assert ground.say(CAROL)
    return ground


def _plain(snapshot: Snapshot) -> Snapshot:
    logs = sorted(
        (
            dataclasses.replace(each, id="", tags={}, created_at=None, deliver_status=None)
            for each in snapshot.flow_logs
        ),
        key=repr,
    )
    return dataclasses.replace(snapshot, flow_logs=tuple(logs), captured_at=NOW)


def failing(
    ground: Ground, error: WriteError, number: int, *, lands: bool = False, times: int = 1
) -> None:
    """Let the calls of a step fail, after they landed or without."""
    left, wanted = [times], ground.plan.steps[number - 1].action

    def fail(action: Action) -> None:
        if action == wanted and left[0]:
            left[0] -= 1
            raise error

    if lands:
        ground.hands.after = fail
    else:
        ground.hands.before = fail


def lost(*_: object) -> None:
    """Be unable to reach anything."""
    message = "no endpoint answered"
    raise LostError(message)


def other_block(state: State) -> tuple[State, None]:
    """Give the VPC another block beside the plan's."""
    vpc = state.shown.vpcs[0]
    more = dataclasses.replace(vpc.cidrs[0], cidr="10.200.0.0/16", association_id="assoc-9")
    return state.show(vpcs=(dataclasses.replace(vpc, cidrs=(*vpc.cidrs, more)),)), None


def later(**parts: float) -> dt.datetime:
    """Return a time after NOW."""
    return NOW + dt.timedelta(**parts)
