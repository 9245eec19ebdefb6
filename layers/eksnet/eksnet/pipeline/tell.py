"""Tell people of a run: the page in the bucket, the mail, and the numbers for the dashboard."""

from eksnet.model.errors import InputError
from eksnet.model.finding import Severity, Status
from eksnet.model.history import Letter, RunKind
from eksnet.model.snapshot import Target
from eksnet.model.tracked import Known, Tracked
from eksnet.pipeline.recall import Recalled, recall
from eksnet.pipeline.requests import RejectedError, ReportRequest
from eksnet.pipeline.services import Services
from eksnet.report import render
from eksnet.report.advice import advice
from eksnet.report.figures import figures
from eksnet.report.mail import Mail, mail


def tell_requested(request: ReportRequest, services: Services) -> Letter:
    """Tell people of the run that is asked for.

    Raises:
        RejectedError: there is no such run.
        StoreError: see ``tell``.
    """
    try:
        return tell(request.run_id, services)
    except InputError as problem:
        raise RejectedError(str(problem)) from problem


def tell(run_id: str, services: Services) -> Letter:
    """Write the run's page and mail it, once; return what people were told.

    What is told is kept first, so that a repetition says the same; that it was told is noted last,
    since a mail that comes twice is better than one that never comes.

    Raises:
        InputError: there is no such run.
        StoreError: the table, the bucket or the topic refused; try again.
    """
    store = services.store
    run, letter = store.run(run_id), store.letter(run_id)
    if run and run.reported_at and letter:
        return letter
    recalled = recall(store, run_id)
    if letter is None:
        letter = store.put_letter(_letter(recalled, services))
    if letter.due:
        services.topic.publish(letter.subject, letter.body)
        for target in recalled.tracked:
            store.mark_told(target, _told(recalled, target))
    store.mark_reported(run_id, recalled.audit.run.finished_at)
    return letter


def compose(recalled: Recalled, *, table: str, report: str | None = None) -> Mail:
    """Return the mail of a run; ``report`` is where its page is."""
    return mail(
        recalled.audit,
        recalled.changes,
        kind=recalled.run.kind,
        since=recalled.since,
        advice=advice,
        notes=recalled.notes,
        unlisted=recalled.run.blinds,
        table=table,
        report=report,
    )


def _letter(recalled: Recalled, services: Services) -> Letter:
    run = recalled.run
    page = render(recalled.audit, "html", frozenset(Status)).encode()
    report = services.bucket.put(f"reports/{run.id}.html", page, "text/html; charset=utf-8")
    said = compose(recalled, table=services.deployment.table, report=report)
    every = (each for group in recalled.tracked.values() for each in group)
    return Letter(
        run_id=run.id,
        subject=said.subject,
        body=said.body,
        report=report,
        due=_due(recalled, services.deployment.fail_severity),
        figures=figures(
            recalled.audit, every, recalled.changes, run.kind, unlisted=len(run.blinds)
        ),
    )


def _due(recalled: Recalled, fail_severity: Severity) -> bool:
    """Tell whether a mail is due: always of a full run, else when something bad is new or worse."""
    if recalled.run.kind is RunKind.FULL:
        return True
    bad = (*recalled.changes.opened, *recalled.changes.worsened)
    return any(each.severity and each.severity.rank <= fail_severity.rank for each in bad)


def _told(recalled: Recalled, target: Target) -> dict[str, Known]:
    """Return what people now know of a target's findings that they did not know before."""
    own = {each.finding.finding_id for each in recalled.tracked[target]}
    return {
        each.finding.finding_id: _known(each)
        for each in recalled.changes
        if each.finding.finding_id in own
    }


def _known(tracked: Tracked) -> Known:
    return Known(state=tracked.state, severity=tracked.severity)
