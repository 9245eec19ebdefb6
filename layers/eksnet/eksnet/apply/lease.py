"""The sole right to change a VPC: an execution has it while it goes on."""

import datetime as dt

from eksnet.apply.executor_turn import Tools
from eksnet.model.journal import Lease
from eksnet.model.plan import Plan
from eksnet.settings.terms import Terms


def lease_key(plan: Plan) -> str:
    """Return what the plan needs to have for itself."""
    return f"{plan.target.account_id}#{plan.target.region}#{plan.vpc_id}"


def take(tools: Tools, plan: Plan, plan_id: str, execution: str) -> Lease | None:
    """Take or renew the plan's lease for an execution; None while another has it.

    The owner is the execution, not the process that happens to carry it on: two processes of one
    execution are fenced by the row's version.
    """
    now = tools.clock.now()
    until = now + dt.timedelta(seconds=tools.terms.lease_seconds)
    return tools.store.take_lease(lease_key(plan), plan_id, execution, now, until)


def lasts(lease: Lease, now: dt.datetime, terms: Terms) -> bool:
    """Tell whether a call that starts now ends within the lease, clocks being a bit apart.

    EC2 knows no fence: a process that is frozen between this question and its call, for longer than
    the lease, calls all the same. A process must not be let live longer than its lease.
    """
    return now + dt.timedelta(seconds=terms.margin_seconds) <= lease.until
