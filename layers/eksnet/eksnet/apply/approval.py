"""Whether people agreed to a plan: told from their own words each time, never from the row."""

import datetime as dt
from collections.abc import Iterable

from eksnet.model.journal import Decision, PlanRow, Say
from eksnet.model.plan import Plan
from eksnet.model.record import record
from eksnet.settings.terms import Terms


@record
class Agreement:
    """Who agreed, how many agreements are ``missing`` yet, and who rejected, if anybody did."""

    agreed: tuple[Decision, ...]
    missing: int
    rejected: Decision | None

    @property
    def problem(self) -> str:
        """Say what stands against the plan, "" when nothing does."""
        if self.rejected:
            said = f": {self.rejected.reason}" if self.rejected.reason else ""
            return f"{self.rejected.principal.arn} rejected the plan{said}"
        return f"approvals still needed: {self.missing}" if self.missing else ""


def agreement(
    row: PlanRow, plan_digest: str, decisions: Iterable[Decision], needed: int
) -> Agreement:
    """Return what people's words on a plan come to.

    An approval counts for the plan with that very digest, from another than who asked for it,
    given before it expired; one person counts once. A rejection by anybody counts.
    """
    words = [
        each for each in decisions if (each.plan_id, each.digest) == (row.plan_id, plan_digest)
    ]
    approvals = {each.principal.id: each for each in words if _counts(each, row)}
    rejected = next((each for each in words if each.say is Say.REJECT), None)
    agreed = tuple(each for _, each in sorted(approvals.items()))
    return Agreement(agreed=agreed, missing=max(0, needed - len(agreed)), rejected=rejected)


def needed(terms: Terms, *, reversible: bool) -> int:
    """Return how many people have to agree: never fewer than one."""
    if reversible:
        return max(1, terms.approvers)
    return max(1, terms.approvers, terms.approvers_if_irreversible)


def expired(plan: Plan, now: dt.datetime) -> bool:
    """Tell whether a plan may no longer change anything but by being taken back."""
    return now >= plan.expires_at


def expiry(plan: Plan) -> str:
    """Say when a plan expired."""
    return f"the plan expired at {plan.expires_at:%Y-%m-%d %H:%M} UTC"


def _counts(decision: Decision, row: PlanRow) -> bool:
    return (
        decision.say is Say.APPROVE
        and decision.principal.id != row.requester.id
        and decision.at < row.expires_at
    )
