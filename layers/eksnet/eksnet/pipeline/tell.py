"""Tell people of a run: the page in the bucket, the mail, and the numbers for the dashboard."""

import datetime as dt
from collections.abc import Mapping

from eksnet.model.errors import InputError
from eksnet.model.finding import Severity, Status
from eksnet.model.history import RunKind, RunRecord
from eksnet.model.record import record
from eksnet.model.tracked import Changes
from eksnet.pipeline.recall import NO_ANSWER, Recalled, recall
from eksnet.pipeline.requests import RejectedError, ReportRequest
from eksnet.pipeline.services import Services
from eksnet.report import render
from eksnet.report.advice import advice
from eksnet.report.figures import figures
from eksnet.report.mail import mail


@record
class Told:
    """What people were told: the subject, where the page is, and the numbers.

    ``already`` means that they had been told before: then nothing was sent, and nothing is said
    here. ``mailed`` is false where a change made nothing worse: then only the page is written.
    """

    run_id: str
    already: bool = False
    mailed: bool = False
    subject: str = ""
    report: str = ""
    figures: Mapping[str, int]


def tell_requested(request: ReportRequest, services: Services) -> Told:
    """Tell people of the run that is asked for.

    Raises:
        RejectedError: there is no such run.
        StoreError: see ``tell``.
    """
    try:
        return tell(request.run_id, services)
    except InputError as problem:
        raise RejectedError(str(problem)) from problem


def tell(run_id: str, services: Services) -> Told:
    """Write the run's page and mail it, once.

    Raises:
        InputError: there is no such run.
        StoreError: the table, the bucket or the topic refused; try again.
    """
    run = services.store.run(run_id)
    if run and run.reported_at:
        return Told(run_id=run_id, already=True, figures={})
    told = recall(services.store, run_id)
    page = render(told.audit, "html", frozenset(Status))
    report = services.bucket.put(
        f"reports/{run_id}.html", page.encode(), "text/html; charset=utf-8"
    )
    letter = mail(
        told.audit,
        told.changes,
        kind=told.run.kind,
        since=told.since,
        advice=advice,
        notes=told.notes,
        unlisted=told.run.blinds,
        report=report,
    )
    due = _due(told.run, told.changes, services.deployment.fail_severity)
    if due:
        services.topic.publish(letter.subject, letter.body)
    # Noted after, not before: a mail that comes twice is better than one that never comes.
    services.store.mark_reported(run_id, dt.datetime.now(dt.UTC).replace(microsecond=0))
    return Told(
        run_id=run_id,
        mailed=due,
        subject=letter.subject,
        report=report,
        figures=figures(told.audit, told.changes, told.run.kind, _unanswered(told)),
    )


def _due(run: RunRecord, changes: Changes, fail_severity: Severity) -> bool:
    """Tell whether a mail is due: always of a full run, else when something bad is new or worse."""
    if run.kind is RunKind.FULL:
        return True
    return any(
        each.finding.severity is not None and each.finding.severity.rank <= fail_severity.rank
        for each in (*changes.opened, *changes.worsened)
    )


def _unanswered(told: Recalled) -> int:
    return sum(
        any((blind.api, blind.error) == NO_ANSWER for blind in each.blinds)
        for each in told.audit.coverage
    )
