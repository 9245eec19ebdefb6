"""Keep a person's word on a plan: bound to its digest, single, and never the requester's own."""

import datetime as dt

from eksnet.model.journal import Decision, PlanRow, PlanState, Principal, Say
from eksnet.model.record import record
from eksnet.pipeline.requests import RejectedError
from eksnet.pipeline.services import Services
from eksnet.pipeline.url_requests import DecideRequest


@record
class Decided:
    """Whether a word counts; ``text`` says what holds now, or why it does not count."""

    counts: bool
    text: str


def decide(request: DecideRequest, principal: Principal, services: Services) -> Decided:
    """Keep the word if it counts.

    Raises:
        RejectedError: there is no such plan.
        StoreError: the table refused; decide again, it counts once.
    """
    row = services.plans.row(request.plan_id)
    if row is None:
        reason = f"no plan {request.plan_id}"
        raise RejectedError(reason)
    decision = Decision(
        plan_id=row.plan_id,
        digest=row.digest,
        principal=principal,
        say=request.do,
        at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        reason=request.reason,
    )
    if services.plans.decide(decision):
        word = "approved" if decision.say is Say.APPROVE else "rejected"
        return Decided(counts=True, text=f"{row.plan_id} is {word} by {principal.arn}")
    return Decided(counts=False, text=_why_not(decision, row, services))


def _why_not(decision: Decision, row: PlanRow, services: Services) -> str:
    if decision.principal.id == row.requester.id:
        return "whoever asked for a plan can't approve it"
    if decision.at >= row.expires_at:
        return f"the plan expired at {row.expires_at.isoformat()}"
    if row.state is not PlanState.AWAITING_APPROVAL:
        return f"the plan awaits no approval: it is {row.state}"
    given = {each.principal.id: each.say for each in services.plans.decisions(row.plan_id)}
    if Say.REJECT in given.values():
        return "the plan was rejected"
    if decision.principal.id in given:
        return "you approved it before: one word a person"
    return "it does not count"
