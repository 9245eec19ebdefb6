"""Make a plan that somebody asks for, prove it on what is seen now, keep it, and tell people."""

import dataclasses
import datetime as dt

from eksnet.apply.begin import needed_for
from eksnet.model.errors import InputError
from eksnet.model.journal import PlanRow, Principal
from eksnet.model.plan import CannotFix, Plan
from eksnet.model.record import record
from eksnet.model.snapshot import Target
from eksnet.pipeline.look import look
from eksnet.pipeline.planning import Wanted, facets, planned
from eksnet.pipeline.requests import RejectedError
from eksnet.pipeline.services import Services
from eksnet.pipeline.url_requests import PlanRequest
from eksnet.remedies.remedy import Choices
from eksnet.report.plan_mail import plan_mail


@record
class Proposed:
    """A plan that is kept, with how far it has come."""

    plan: Plan
    row: PlanRow


def propose(request: PlanRequest, principal: Principal, services: Services) -> Proposed | CannotFix:
    """Make, prove and keep the plan that is asked for, and mail it; or say why there is none.

    Raises:
        RejectedError: the account is not audited here, or there is no such finding or remedy.
        StoreError: the table or the topic refused; ask again, the plan is the same.
    """
    target = _target(request, services)
    snapshot = look(target, facets(services.checks), services)
    wanted = Wanted(
        finding_id=request.finding_id,
        remedy=request.remedy,
        cluster=request.cluster,
        choices=Choices(**request.choices.model_dump()),
    )
    try:
        plan = planned(snapshot, wanted, services.checks, services.deployment.limits)
    except InputError as problem:
        raise RejectedError(str(problem)) from problem
    if isinstance(plan, CannotFix):
        return plan
    row = services.plans.put_plan(plan, principal, dt.datetime.now(dt.UTC).replace(microsecond=0))
    said = plan_mail(plan, row, needed_for(plan, services.repair.terms))
    services.topic.publish(said.subject, said.body)
    return Proposed(plan=plan, row=row)


def _target(request: PlanRequest, services: Services) -> Target:
    """Return the target; nobody is planned for whom this installation does not audit."""
    where = services.deployment
    account = request.account_id or where.account
    audited = where.accounts is None or account in (where.account, *where.accounts)
    if not audited:
        reason = f"account {account} is not audited by this installation"
        raise RejectedError(reason)
    region = request.region or where.region
    return dataclasses.replace(services.home, account_id=account, region=region)
