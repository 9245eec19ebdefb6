"""The mails of a repair: the plan that awaits approval, and how its execution ended."""

from collections.abc import Iterable

from eksnet.model.journal import RESUMABLE, REVERSIBLE, Decision, PlanRow, Purpose
from eksnet.model.plan import Plan
from eksnet.report.mail import Mail
from eksnet.report.mail_text import fold, said
from eksnet.report.plan_text import plan_lines, state_lines

SUBJECT_LENGTH = 100  # Publish, SNS API Reference: Subject


def plan_mail(plan: Plan, row: PlanRow) -> Mail:
    """Return the mail of a new plan; it holds commands, never a link that acts."""
    subject = f"eksnet: {plan.remedy} awaits approval, {row.plan_id}"
    lines = [
        *plan_lines(plan),
        "",
        *fold(f"Asked for by {said(row.requester.arn)}, who can't approve it."),
        f"Approve  eksnet approve {row.plan_id}",
        f"Reject   eksnet reject {row.plan_id}",
        f"Look     eksnet show {row.plan_id}",
        f"Then     eksnet apply {row.plan_id}",
    ]
    return Mail(subject=subject[:SUBJECT_LENGTH], body="\n".join([*lines, ""]))


def end_mail(plan: Plan, row: PlanRow, decisions: Iterable[Decision]) -> Mail:
    """Return the mail of an execution that has ended, or stopped until somebody decides."""
    subject = f"eksnet: {row.plan_id} {row.state}, {plan.remedy}"
    lines = [
        *state_lines(row, row.state, decisions),
        "",
        f"Look     eksnet journal {row.plan_id}",
    ]
    if row.state in RESUMABLE and row.purpose is Purpose.APPLY:
        lines.append(f"Go on    eksnet apply {row.plan_id}")
    if row.state in REVERSIBLE:
        lines.append(f"Back     eksnet rollback {row.plan_id}")
    return Mail(subject=subject[:SUBJECT_LENGTH], body="\n".join([*lines, ""]))
