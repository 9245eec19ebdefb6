"""What people ask of the deployment: a plan, its execution, its undoing."""

from eksnet.apply.progress import NotBegun
from eksnet.model.journal import Principal
from eksnet.model.plan import CannotFix
from eksnet.model.record import record
from eksnet.pipeline.carry_out import start
from eksnet.pipeline.propose import propose
from eksnet.pipeline.services import Services
from eksnet.pipeline.url_requests import PlanRequest, StartRequest
from eksnet.report.plan_text import plan_lines, refusal_lines


@record
class Done:
    """Whether what was asked for is done, and what to answer."""

    done: bool
    said: dict[str, object]


def ask(request: PlanRequest | StartRequest, principal: Principal, services: Services) -> Done:
    """Do what is asked for, or say why it can't be done.

    Raises:
        RejectedError: there is nothing such.
        StoreError: the table, the topic or the state machine refused; ask again.
    """
    if isinstance(request, StartRequest):
        begun = start(request, principal, services)
        if isinstance(begun, NotBegun):
            return Done(done=False, said={"plan_id": request.plan_id, "text": begun.reason})
        text = f"{request.plan_id}: {request.do} began, attempt {begun.attempt}"
        said = {"plan_id": request.plan_id, "purpose": request.do, "attempt": begun.attempt}
        return Done(done=True, said={**said, "text": text})
    made = propose(request, principal, services)
    if isinstance(made, CannotFix):
        text = "\n".join(refusal_lines(made))
        return Done(done=False, said={"rule": made.rule, "text": text})
    kept = {"plan_id": made.row.plan_id, "state": made.row.state}
    return Done(done=True, said={**kept, "text": "\n".join(plan_lines(made.plan))})
