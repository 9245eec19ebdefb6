"""``make demo``: the deployed application audits the demo organization, twice, and repairs."""

import datetime as dt
import os
import pathlib
import sys
import time

import boto3

from sandbox import offline, organization
from sandbox.demo import overnight, past, repair
from sandbox.deployed import NAME, Application, Run, deployed

REPORT = pathlib.Path("demo") / "report.html"
HOUR = 6  # when the template's default schedule fires, UTC


def say(text: str) -> None:
    """Tell what goes on, apart from the mail."""
    sys.stderr.write(f"{text}\n")


def audit(application: Application, morning: dt.datetime) -> Run:
    """Hand the schedule's event to the handlers, and count what they left in the table."""
    run = application.run(morning)
    say(
        f"  {run.begun['run_id']}: {run.begun['count']} targets, "
        f"{sum(each['clusters'] for each in run.audited)} clusters; in the table: {_states()}"
    )
    return run


def _states() -> str:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=NAME,
            FilterExpression="begins_with(sk, :finding)",
            ExpressionAttributeValues={":finding": {"S": "FINDING#"}},
        )
    )
    states = [item["state"]["S"] for page in pages for item in page["Items"]]
    return ", ".join(f"{states.count(each)} {each}" for each in ("open", "unknown", "resolved"))


def main() -> None:
    """Print the second morning's mail, write the page, and say how long it took."""
    started = time.monotonic()
    today = dt.datetime.now(dt.UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    say("starting the offline AWS and its demo organization")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"):
        os.environ.pop(name, None)
    with offline():
        organization.seed()
        with deployed(POWERTOOLS_LOG_LEVEL="ERROR") as application:
            past.remember()
            say("the schedule fires")
            audit(application, today - dt.timedelta(days=1))
            application.mails()
            say("a flow log is deleted, pods take addresses, an endpoint is closed")
            overnight.happen()
            say("the schedule fires again, and this mail goes out")
            run = audit(application, today)
            page = application.page(run.begun["run_id"])
            ((subject, text),) = application.mails()
            say("storefront has no addresses left for pods: somebody repairs it")
            plan = repair.happen(application, say)
    sys.stdout.write(f"\nSubject: {subject}\n\n{text}\n")
    sys.stdout.write(f"\nThe plan that was carried out, and taken back:\n\n{plan}\n")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_bytes(page)
    say(f"\n{REPORT} shows it all, with every pass ({time.monotonic() - started:.0f} s in all)")


if __name__ == "__main__":
    main()
