"""Carrying out a plan, one journaled step a call, and taking it back.

Everything is in the store: an execution may be lost at any moment, and another one goes on from the
journal. Nothing is believed that was not seen, and nothing is written that was not announced.
"""

import dataclasses

from eksnet.apply import begin
from eksnet.apply.approval import agreement, expired, expiry
from eksnet.apply.executor_step import carry_on
from eksnet.apply.executor_turn import Closed, Tools, Turn, end, load, onward
from eksnet.apply.executor_verify import verify
from eksnet.apply.interface import Clock, Eyes, Hands
from eksnet.apply.lease import take
from eksnet.apply.progress import (
    LIVE,
    SETTLED,
    Begun,
    NotBegun,
    OvertakenError,
    Progress,
    execution_name,
    touched,
)
from eksnet.apply.rollback import take_back
from eksnet.model.journal import PlanState, Principal, Purpose
from eksnet.settings.terms import Terms
from eksnet.store.plans import PlanStore


class Executor:
    """Begins executions of plans and carries them on.

    Every method raises InputError when there is no such plan, and StoreError when the store can't
    be read or written; then the call may be made again.
    """

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        *,
        store: PlanStore,
        eyes: Eyes,
        hands: Hands,
        clock: Clock,
        terms: Terms,
        worker: str,
        closed: Closed,
    ) -> None:
        self._tools = Tools(
            store=store,
            eyes=eyes,
            hands=hands,
            clock=clock,
            terms=terms,
            worker=worker,
            closed=closed,
        )

    def begin(
        self, plan_id: str, purpose: Purpose, by: Principal | None = None
    ) -> Begun | NotBegun:
        """Take the next attempt at applying a plan, or at taking it back; nobody else has it.

        The journal says who asked for it: ``by``.
        """
        return begin.begin(self._tools, plan_id, purpose, by)

    def not_started(self, plan_id: str, begun: Begun, why: str) -> None:
        """Give an attempt up of which nothing came, unless something did after all."""
        begin.not_started(self._tools, plan_id, begun, why)

    def advance(self, plan_id: str, purpose: Purpose, attempt: int) -> Progress:
        """Carry an execution on by at most one write; it never sleeps."""
        plan, row, digest = load(self._tools.store, plan_id)
        if (row.purpose, row.attempt) != (purpose, attempt):
            text = f"{execution_name(plan_id, row.purpose or purpose, row.attempt)} has taken over"
            return Progress(state=row.state, again=False, wait_seconds=0, text=text)
        if row.state not in LIVE[purpose]:
            text = row.reason or row.state
            return Progress(state=row.state, again=False, wait_seconds=0, text=text)
        tools = self._tools
        name = execution_name(plan_id, purpose, attempt)
        lease = take(tools, plan, plan_id, name)
        turn = Turn(tools=tools, plan=plan, digest=digest, row=row, purpose=purpose, lease=lease)
        carried = _taken_back if purpose is Purpose.ROLLBACK else _applied
        try:
            return _stopped(turn) or carried(turn)
        except OvertakenError:
            text = "the plan was changed in the meantime: looking at it again"
            return Progress(state=row.state, again=True, wait_seconds=1, text=text)


def _stopped(turn: Turn) -> Progress | None:
    """Stop all writing where somebody said so."""
    switch = turn.tools.store.switch()
    if not switch.stopped:
        return None
    return end(turn, PlanState.HALTED, f"{switch.by} stopped all writing: {switch.reason}")


def _leased(turn: Turn) -> Progress | None:
    """Wait for who changes the VPC now."""
    if turn.lease:
        return None
    text = f"another execution may be changing {turn.plan.vpc_id}"
    return onward(turn, text, turn.tools.terms.lease_seconds // 2)


def _taken_back(turn: Turn) -> Progress:
    return _leased(turn) or take_back(turn)


def _applied(turn: Turn) -> Progress:
    """Carry the first step on that is not settled, as long as nobody rejects the plan."""
    begun = touched(turn.row)
    words = turn.tools.store.decisions(turn.row.plan_id)
    agreed = agreement(turn.row, turn.digest, words, begin.needed_for(turn.plan, turn.tools.terms))
    turn = dataclasses.replace(turn, agreement=agreed)
    if agreed.rejected:
        return end(turn, PlanState.HALTED if begun else PlanState.REJECTED, agreed.problem)
    if expired(turn.plan, turn.now) and not begun:
        return end(turn, PlanState.EXPIRED, expiry(turn.plan))
    left = [step for step in turn.row.steps if step.state not in SETTLED]
    return _leased(turn) or (carry_on(turn, left[0]) if left else verify(turn))
