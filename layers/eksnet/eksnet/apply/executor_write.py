"""The write of a step: announced first, made once, and never on terms that no longer hold."""

import dataclasses
import datetime as dt
import math

from eksnet.apply.approval import expired, expiry
from eksnet.apply.executor_turn import DOUBTS, Asks, Turn, end, note, onward, wait
from eksnet.apply.executor_window import opens, reopening
from eksnet.apply.interface import LostError, WriteError
from eksnet.apply.lease import lasts
from eksnet.apply.progress import Progress, touched
from eksnet.model.journal import Budget, PlanState, StepRow, StepState
from eksnet.model.plan import token
from eksnet.model.snapshot import Snapshot
from eksnet.plan.kinds import kind_of


def act(turn: Turn, row: StepRow, seen: Snapshot) -> Progress:
    """Announce a step's write and make it, if its terms hold."""
    barred = _barred(turn, row) or _rehearsed(turn, row, seen)
    if barred:
        return barred
    lease, tells = turn.held, turn.tells(row)
    intent = dataclasses.replace(
        row,
        state=StepState.INTENT,
        epoch=lease.epoch,
        tries=row.tries + 1,
        looks=0,
        problem=None,
    )
    asks = Asks(
        running=True,
        budget=_budget(turn) if row.state is StepState.PENDING else None,
        agreed=turn.agreed,
    )
    turn = note(turn, PlanState.APPLYING, f"{tells}: about to call", intent, asks)
    if not lasts(lease, turn.now, turn.tools.terms):
        return onward(turn, f"{tells}: not called, as the lease ends too soon")
    return _call(turn, intent, row.looks, seen)


def troubled(turn: Turn, row: StepRow, looks: int, error: WriteError) -> Progress:
    """Note how a call failed; whether it did anything is told by the next looks.

    ``looks`` is how often the step had been looked for before the call: what waits for something
    else is called again after each look, and takes no try.
    """
    text = f"{turn.tells(row)}: {error}"
    if error.wait and error.sure:
        waiting = dataclasses.replace(row, tries=row.tries - 1, looks=max(looks, DOUBTS))
        return wait(turn, waiting, f"{text}; something else has to end first")
    if error.exists:
        return wait(turn, row, f"{text}; looking at what is there")
    if error.sure:
        return wait(turn, dataclasses.replace(row, problem=str(error)), text)
    return wait(turn, row, f"{text}; it may have been made all the same")


def _call(turn: Turn, intent: StepRow, looks: int, seen: Snapshot) -> Progress:
    action = turn.step(intent).action
    name = token(turn.digest, intent.number)
    try:
        made = turn.tools.hands.do(action, plan_id=turn.row.plan_id, token=name, seen=seen)
    except LostError as error:
        return wait(turn, intent, f"{turn.tells(intent)}: {error}")
    except WriteError as error:
        return troubled(turn, intent, looks, error)
    done = dataclasses.replace(intent, state=StepState.MADE, resource_id=made)
    text = f"{turn.tells(intent)}: " + (f"made as {made}" if made else "the call returned")
    # What is so is written down even by one whose lease has run out in the meantime.
    return onward(note(dataclasses.replace(turn, lease=None), turn.going, text, done), text)


def _barred(turn: Turn, row: StepRow) -> Progress | None:
    """Stop or wait where the terms don't allow a write now."""
    terms, now, plan = turn.tools.terms, turn.now, turn.plan
    if expired(plan, now):
        state = PlanState.INTERRUPTED if touched(turn.row) else PlanState.EXPIRED
        return end(turn, state, expiry(plan))
    if turn.agreement is None or turn.agreement.problem:
        problem = turn.agreement.problem if turn.agreement else "nobody agreed"
        return end(turn, PlanState.INTERRUPTED, problem)
    opening = opens(terms.window, now)
    if opening:
        return _until(turn, opening, now)
    if row.tries >= terms.most_tries:
        text = f"{turn.tells(row)}: gave up after {row.tries} calls that did not return"
        return end(turn, PlanState.INTERRUPTED, text)
    return _overspent(turn, row)


def _until(turn: Turn, opening: dt.datetime, now: dt.datetime) -> Progress:
    """Wait for the window, but no longer than the plan lasts."""
    text = reopening(opening)
    turn = note(turn, PlanState.WINDOW_WAIT, text)
    turn.tools.store.drop_lease(turn.held)
    seconds = math.ceil((min(opening, turn.plan.expires_at) - now).total_seconds())
    return onward(turn, text, max(1, seconds))


def _overspent(turn: Turn, row: StepRow) -> Progress | None:
    """Stop where the account's budget has no room: at first for all that is left to do."""
    if row.state is not StepState.PENDING:
        return None
    budget = _budget(turn)
    left = sum(each.state is StepState.PENDING for each in turn.row.steps)
    spent = turn.tools.store.spent(budget.account_id, budget.day)
    if spent + (1 if touched(turn.row) else left) <= budget.most:
        return None
    text = f"{spent} of {budget.most} changes of {budget.day} are spent, and {left} are left to do"
    return end(turn, PlanState.INTERRUPTED, text)


def _rehearsed(turn: Turn, row: StepRow, seen: Snapshot) -> Progress | None:
    """Ask before the first write of all whether the caller may do every step that can be asked."""
    if touched(turn.row):
        return None
    for step in turn.plan.steps:
        if not kind_of(step.action).rehearsed:
            continue
        try:
            turn.tools.hands.rehearse(step.action, plan_id=turn.row.plan_id, seen=seen)
        except LostError as error:
            return wait(turn, row, f"could not ask for permission: {error}")
        except WriteError as error:
            return end(turn, PlanState.REFUSED, f"step {step.number} is not permitted: {error}")
    return None


def _budget(turn: Turn) -> Budget:
    account, most = turn.plan.target.account_id, turn.tools.terms.most_changes_a_day
    return Budget(account_id=account, day=turn.now.date(), most=most)
