"""The mails of a repair: the plan that awaits approval, and how its execution ended."""

import datetime as dt
from collections.abc import Iterable, Iterator

from eksnet.model.finding import counted
from eksnet.model.journal import (
    RESUMABLE,
    REVERSIBLE,
    Decision,
    PlanRow,
    PlanState,
    Purpose,
    Say,
)
from eksnet.model.plan import Plan
from eksnet.report.mail import Mail
from eksnet.report.mail_text import fold, said
from eksnet.report.plan_text import plan_lines, state_lines

SUBJECT_LENGTH = 100  # Publish, SNS API Reference: Subject


def plan_mail(plan: Plan, row: PlanRow, needed: int) -> Mail:
    """Return the mail of a new plan, which so many people have to approve.

    It holds commands, never a link that acts.
    """
    subject = f"eksnet: {plan.remedy} awaits approval, {row.plan_id}"
    lines = [
        *plan_lines(plan),
        "",
        *fold(f"Asked for by {said(row.requester.arn)}, who can't approve it."),
        f"It needs {counted(needed, 'approval')}.",
        f"Approve  eksnet approve {row.plan_id}",
        f"Reject   eksnet reject {row.plan_id}",
        f"Look     eksnet show {row.plan_id}",
        f"Then     eksnet apply {row.plan_id}",
    ]
    return Mail(subject=subject[:SUBJECT_LENGTH], body="\n".join([*lines, ""]))


def end_mail(plan: Plan, row: PlanRow, decisions: Iterable[Decision], now: dt.datetime) -> Mail:
    """Return the mail of an execution that has ended, or stopped until somebody decides."""
    subject = f"eksnet: {row.plan_id} {row.state}, {plan.remedy}"
    words = [*decisions]
    rejected = any(each.say is Say.REJECT for each in words)
    lines = [*state_lines(row, row.state, words), ""]
    lines += _commands(row, rejected=rejected, expired=now >= row.expires_at)
    return Mail(subject=subject[:SUBJECT_LENGTH], body="\n".join([*lines, ""]))


def _commands(row: PlanRow, *, rejected: bool, expired: bool) -> Iterator[str]:
    """Yield what can be done now; a plan that was rejected or has expired is not gone on with."""
    applied = row.purpose is Purpose.APPLY
    yield f"Look     eksnet journal {row.plan_id}"
    # The switch and a rejection halt a plan; its being taken back only the switch does.
    if row.state is PlanState.HALTED and not (applied and rejected):
        yield "First    eksnet resume"
    if row.state in RESUMABLE and applied and not rejected and not expired:
        yield f"Go on    eksnet apply {row.plan_id}"
    if row.state in REVERSIBLE:
        yield f"Back     eksnet rollback {row.plan_id}"
