"""Keep a person's word on a plan: bound to its digest, single, and never the requester's own."""

import datetime as dt

from eksnet.apply.approval import agreement
from eksnet.model.finding import counted
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
        return Decided(counts=True, text=_said(decision, row, services))
    return Decided(counts=False, text=_why_not(decision, row, services))


def _said(decision: Decision, row: PlanRow, services: Services) -> str:
    if decision.say is Say.REJECT:
        return f"{row.plan_id} is rejected by {decision.principal.arn}"
    words = services.plans.decisions(row.plan_id)
    agreed = agreement(row, row.digest, words, needed=0).agreed
    so_far = counted(len(agreed), "approval")
    return f"{row.plan_id} is approved by {decision.principal.arn}; {so_far} so far"


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
