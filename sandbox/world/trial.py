"""One trial: a plan, its world, an operator, and a schedule of what goes wrong."""

import dataclasses
import pickle
import random
from collections.abc import Iterator

from eksnet.apply.executor import Executor
from eksnet.apply.interface import LostError
from eksnet.apply.progress import Begun, NotBegun, Progress
from eksnet.model.journal import (
    RESUMABLE,
    REVERSIBLE,
    Decision,
    PlanState,
    Principal,
    Purpose,
    Say,
    Switch,
)
from eksnet.model.plan import Plan, digest, plan_id
from eksnet.settings.terms import Terms
from eksnet.store.interface import StoreError
from eksnet.store.plans_memory import MemoryPlanStore
from sandbox.world import people
from sandbox.world.clock import HandClock
from sandbox.world.eyes import WorldEyes
from sandbox.world.ground import NOW, shown
from sandbox.world.guarded import GuardedStore
from sandbox.world.hands import WorldHands
from sandbox.world.laws import Laws
from sandbox.world.points import Crash, Points, Schedule
from sandbox.world.things import made
from sandbox.world.world import World

ASKER = Principal(id="AROAASKER", arn="arn:aws:sts::111122223333:assumed-role/dev/asker")
APPROVERS = tuple(
    Principal(id=f"AROALEAD{name}", arn=f"arn:aws:sts::111122223333:assumed-role/lead/{name}")
    for name in ("ONE", "TWO")
)
OTHER, STOP, GO, REJECT = "other", "stop", "go", "reject"
EDIT, LATER = "edit/", "later/"
MOST_CALLS = 900  # of one execution; none of the plans takes half as many
MOST_ROUNDS = 8  # how often the operator begins again before taking the plan back
LAGS = (0, 0, 1, 2, 3)
_BEGINNINGS: dict[tuple[str, Purpose], bytes] = {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a trial ended: the plan's state, what did not hold, and the points it came by."""

    state: PlanState
    broken: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def points(self) -> int:
        """Return how many calls were made."""
        return len(self.names)


class Trial:
    """Carries a plan out for a purpose; a rollback is of a plan that was applied first."""

    _clock: HandClock
    _world: World
    _store: MemoryPlanStore
    _laws: Laws

    def __init__(
        self, plan: Plan, purpose: Purpose, schedule: Schedule | None = None, lag: int = 0
    ) -> None:
        self._plan, self._purpose = plan, purpose
        self._digest = digest(plan)
        self._id = plan_id(self._digest)
        self._points, self._schedule, self._nested = Points(), schedule or {}, 0
        chance = random.Random(lag)  # noqa: S311 - a replay must see the same lags
        self._behind = (lambda: chance.choice(LAGS)) if lag else (lambda: 0)

    def run(self) -> Outcome:
        """Carry the plan out to an end, and ask every law."""
        self._begin()
        self._points.schedule, self._points.happen = self._schedule, self._happen
        self._operate(self._purpose)
        if self._state() in REVERSIBLE - {PlanState.SUCCEEDED}:
            self._operate(Purpose.ROLLBACK)
        self._clock.move(3600)
        self._laws.end(self._state())
        return Outcome(
            state=self._state(),
            broken=tuple(self._laws.broken),
            names=tuple(self._points.names),
        )

    def _begin(self) -> None:
        """Take up the world in which the trial begins: thousands begin in the same one."""
        key = (self._digest, self._purpose)
        if key not in _BEGINNINGS:
            self._arrange()
            everything = (self._clock, self._world, self._store, self._laws)
            _BEGINNINGS[key] = pickle.dumps(everything)
        found = pickle.loads(_BEGINNINGS[key])  # noqa: S301 - of this very process
        self._clock, self._world, self._store, self._laws = found
        self._points = Points()

    def _arrange(self) -> None:
        self._clock = HandClock(NOW)
        self._world = World(shown(), self._clock)
        self._store = MemoryPlanStore()
        self._store.put_plan(self._plan, ASKER, NOW)
        self._clock.move(300)
        for each in APPROVERS:
            self._say(Say.APPROVE, each)
        self._laws = Laws(self._plan, self._store, self._world)
        if self._purpose is Purpose.ROLLBACK:
            self._operate(Purpose.APPLY)
            del self._world.states[:-1]

    def _state(self) -> PlanState:
        row = self._store.row(self._id)
        if row is None:
            raise LookupError(self._id)
        return row.state

    def _say(self, say: Say, who: Principal) -> None:
        at = self._clock.now()
        word = Decision(plan_id=self._id, digest=self._digest, principal=who, say=say, at=at)
        self._store.decide(word)

    def _worker(self, name: str) -> Executor:
        return Executor(
            store=GuardedStore(self._store, self._points, self._laws.kept),
            eyes=WorldEyes(self._world, self._points, self._behind),
            hands=WorldHands(self._world, self._points, self._laws.wrote, plan_id=self._id),
            clock=self._clock,
            terms=Terms(),
            worker=name,
            closed=self._closed,
        )

    def _closed(self, plan: Plan) -> bool | None:
        def look() -> bool | None:
            now = self._world.now().shown
            return all(made(now, step.action, self._id) for step in plan.steps)

        return self._points.around("closed", look, lambda _: None)

    def _operate(self, purpose: Purpose, name: str = "one") -> None:
        """Do as an operator does: begin, carry on, begin again; stop where nothing more comes."""
        for _ in range(MOST_ROUNDS):
            begun = self._begun(purpose, name)
            if not isinstance(begun, Begun):
                if not self._store.switch().stopped and begun is not None:
                    return
                self._store.put_switch(Switch())
                continue
            self._execute(purpose, begun.attempt, name)
            if self._state() not in RESUMABLE:
                return
            self._store.put_switch(Switch())
            self._clock.move(60)

    def _begun(self, purpose: Purpose, name: str) -> Begun | NotBegun | None:
        """Begin, however often that takes; None when something is still under way."""
        for _ in range(MOST_ROUNDS):
            try:
                begun = self._worker(name).begin(self._id, purpose)
            except (Crash, StoreError, LostError):
                self._clock.move(30)
                continue
            if isinstance(begun, Begun) or "under way" not in begun.reason:
                return begun
            self._clock.move(200)
        return None

    def _execute(self, purpose: Purpose, attempt: int, name: str) -> None:
        for progress in self._calls(purpose, attempt, name):
            self._clock.move(progress.wait_seconds)
            if not progress.again:
                return
        self._laws.broken.append(f"I5: {purpose} does not end in {self._state()}")

    def _calls(self, purpose: Purpose, attempt: int, name: str) -> Iterator[Progress]:
        """Yield what each call comes to; a call that is lost is made again, by a new process."""
        worker = self._worker(name)
        for _ in range(MOST_CALLS):
            try:
                yield worker.advance(self._id, purpose, attempt)
            except Crash:
                worker = self._worker(name)
                self._clock.move(2)
            except (StoreError, LostError):
                self._clock.move(2)

    def _happen(self, event: str) -> None:
        if event == STOP:
            self._store.put_switch(Switch(stopped=True, reason="freeze", by="ops"))
        elif event == GO:
            self._store.put_switch(Switch())
        elif event == REJECT:
            self._say(Say.REJECT, ASKER)
        elif event == OTHER:
            self._overtake()
        elif event.startswith(EDIT):
            name = event.removeprefix(EDIT)
            self._world.edit(people.edit, name=name, plan=self._plan)
        else:
            self._clock.move(float(event.removeprefix(LATER)))

    def _overtake(self) -> None:
        """Let the lease run out and another worker carry the plan to its end."""
        if self._nested:
            return
        self._nested += 1
        self._clock.move(Terms().lease_seconds + 5)
        self._operate(self._purpose, "two")
        self._nested -= 1
