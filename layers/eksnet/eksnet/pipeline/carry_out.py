"""Carry out a plan step by step: begin an execution, do its next step, tell people of its end."""

import dataclasses
import datetime as dt
import json
import uuid

from eksnet.apply.aws_executor import aws_executor
from eksnet.apply.executor import Executor
from eksnet.apply.progress import Begun, NotBegun, Progress
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.journal import FINAL, PlanState, Principal
from eksnet.model.plan import Plan
from eksnet.pipeline.look import look
from eksnet.pipeline.requests import RejectedError
from eksnet.pipeline.services import Services
from eksnet.pipeline.url_requests import StartRequest, StepRequest
from eksnet.report.plan_mail import end_mail
from eksnet.store.interface import StoreError
from eksnet.store.plans import Commit

TOLD = FINAL | {
    PlanState.SUCCEEDED,
    PlanState.HALTED,
    PlanState.INTERRUPTED,
    PlanState.STEP_FAILED,
    PlanState.VERIFY_FAILED,
    PlanState.NEEDS_HUMAN,
}


class SystemClock:
    """The time of this machine."""

    def now(self) -> dt.datetime:
        """Return the time, in UTC, to the second."""
        return dt.datetime.now(dt.UTC).replace(microsecond=0)


def start(request: StartRequest, principal: Principal, services: Services) -> Begun | NotBegun:
    """Take the next attempt of a plan and start its execution, which is named after both.

    An attempt that can't be started is given up: whoever asks again gets the next.

    Raises:
        RejectedError: there is no such plan.
        StoreError: the table or the state machine refused; ask again.
    """
    executor = _executor(_plan(request.plan_id, services), services)
    begun = executor.begin(request.plan_id, request.do, principal)
    if isinstance(begun, Begun):
        given = {"plan_id": request.plan_id, "purpose": request.do, "attempt": begun.attempt}
        try:
            services.machine.start(begun.execution, json.dumps(given))
        except StoreError as problem:
            executor.not_started(request.plan_id, begun, str(problem))
            raise
    return begun


def step(request: StepRequest, services: Services) -> Progress:
    """Do the next step of an execution; when none is left, tell people how it ended.

    People are told once: only who carries an execution out, and only of an end not told yet. They
    are told again if nobody could write down that they were.

    Raises:
        RejectedError: there is no such plan.
        StoreError: the table or the topic refused; nothing is lost, the step is done again.
    """
    plan = _plan(request.plan_id, services)
    executor = _executor(plan, services)
    done = executor.advance(request.plan_id, request.purpose, request.attempt)
    if not done.again:
        _tell(plan, request, services)
    return done


def closed(plan: Plan, services: Services) -> bool | None:
    """Look anew and say whether the findings that a plan is for are closed; None: not seen."""
    wanted = {each.check_id for each in plan.causes}
    checks = [each for each in services.checks if each.id in wanted]
    needed = frozenset(facet for check in checks for facet in check.facets)
    snapshot = look(plan.target, needed, services)
    causes = {each.finding_id for each in plan.causes}
    answers = run(snapshot, checks, services.deployment.limits)
    statuses = {each.finding_id: each.status for each in answers}
    hidden = any(each.status is Status.UNKNOWN for each in answers)
    if any(statuses.get(each) is Status.FAIL for each in causes):
        return False
    if hidden and any(statuses.get(each) is not Status.PASS for each in causes):
        return None
    return True


def _plan(plan_id: str, services: Services) -> Plan:
    plan = services.plans.plan(plan_id)
    if plan is None:
        reason = f"no plan {plan_id}"
        raise RejectedError(reason)
    return plan


def _executor(plan: Plan, services: Services) -> Executor:
    return aws_executor(
        services.doors(plan),
        store=services.plans,
        clock=SystemClock(),
        terms=services.repair.terms,
        closed=lambda each: closed(each, services),
    )


def _tell(plan: Plan, request: StepRequest, services: Services) -> None:
    row = services.plans.row(request.plan_id)
    mine = row and (row.purpose, row.attempt) == (request.purpose, request.attempt)
    if row is None or not mine or row.state not in TOLD or row.told == row.attempt:
        return
    at = SystemClock().now()
    said = end_mail(plan, row, services.plans.decisions(row.plan_id), at)
    services.topic.publish(said.subject, said.body)
    told = dataclasses.replace(row, told=row.attempt, version=row.version + 1)
    text = "people were told by mail"
    services.plans.commit(Commit(row=told, at=at, text=text, worker=uuid.uuid4().hex))
