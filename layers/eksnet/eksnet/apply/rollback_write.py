"""The call that takes a step back: announced first, as every write is."""

import dataclasses

from eksnet.apply.executor_turn import Asks, Turn, end, note, onward, pause, wait
from eksnet.apply.executor_write import troubled
from eksnet.apply.interface import LostError, WriteError
from eksnet.apply.lease import lasts
from eksnet.apply.progress import Progress
from eksnet.model.journal import PlanState, StepRow, StepState
from eksnet.model.plan import token
from eksnet.model.snapshot import Snapshot

RETURNED = "the call returned"  # in place of a problem: then one look that shows it gone is enough


def undo(turn: Turn, row: StepRow, seen: Snapshot) -> Progress:
    """Announce the taking back of a step and make its call; what came of it is seen later."""
    tries = row.tries if row.state is StepState.UNDO_INTENT else 0
    tells = f"{turn.tells(row)}: taking it back"
    if tries >= turn.tools.terms.most_tries:
        return end(turn, PlanState.INTERRUPTED, f"{tells}: gave up after {tries} calls")
    lease = turn.held
    intent = dataclasses.replace(
        row,
        state=StepState.UNDO_INTENT,
        epoch=lease.epoch,
        tries=tries + 1,
        looks=0,
        problem=None,
    )
    turn = note(turn, PlanState.ROLLING_BACK, tells, intent, Asks(running=True))
    if not lasts(lease, turn.now, turn.tools.terms):
        return onward(turn, f"{tells}: not called, as the lease ends too soon")
    try:
        turn.tools.hands.undo(
            turn.step(row).action,
            resource_id=row.resource_id,
            # The number is negative: a token of the doing would stand for the doing.
            token=token(turn.digest, -row.number),
            seen=seen,
        )
    except LostError as error:
        return wait(turn, intent, f"{tells}: {error}")
    except WriteError as error:
        return troubled(turn, intent, row.looks, error)
    called, text = dataclasses.replace(intent, problem=RETURNED), f"{tells}: {RETURNED}"
    # The state is still one of an intent, so that it takes what an intent takes; lost, it is looked
    # for a little longer.
    turn = note(turn, PlanState.ROLLING_BACK, text, called, Asks(running=True))
    return onward(turn, text, pause(1))
