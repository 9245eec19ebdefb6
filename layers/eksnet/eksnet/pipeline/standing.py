"""Where a plan stands for who looks at it: its row, what was decided since, and the time."""

import datetime as dt
from collections.abc import Iterable

from eksnet.model.journal import Decision, PlanRow, PlanState, Say

NOT_BEGUN = frozenset({PlanState.AWAITING_APPROVAL, PlanState.APPROVED, PlanState.WINDOW_WAIT})


def effective(row: PlanRow, decisions: Iterable[Decision], now: dt.datetime) -> PlanState:
    """Return the row's state; of a plan that did not begin, whether it still may."""
    if row.state not in NOT_BEGUN:
        return row.state
    if any(each.say is Say.REJECT for each in decisions):
        return PlanState.REJECTED
    return PlanState.EXPIRED if now >= row.expires_at else row.state
