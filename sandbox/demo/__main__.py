"""``make demo``: audit the demo organization through the real collector, checks and reports."""

import datetime as dt
import os
import pathlib
import sys
import time
from collections.abc import Iterator

from eksnet.checks import catalogue
from eksnet.collect.live import collect
from eksnet.collect.session import Credentials, Session
from eksnet.engine.limits import Limits
from eksnet.model.finding import Status
from eksnet.model.snapshot import Snapshot
from eksnet.pipeline.audit import judge
from eksnet.report import render
from sandbox import serve
from sandbox.organization import ACCOUNTS, REGIONS, credentials

REPORT = pathlib.Path("demo") / "report.html"
SHOWN = frozenset({Status.FAIL, Status.UNKNOWN})


def look() -> Iterator[Snapshot]:
    """Read every account and region of the demo organization over HTTP."""
    facets = frozenset(facet for check in catalogue() for facet in check.facets)
    for account in ACCOUNTS:
        key, secret = credentials(account)
        session = Session(Credentials(access_key=key, secret_key=secret))
        for region in REGIONS:
            sys.stderr.write(f"looking at {account} {region}\n")
            yield collect(session, region, facets)


def main() -> None:
    """Print the table, write the page, and say how long it took."""
    started, moment = time.monotonic(), dt.datetime.now(dt.UTC)
    sys.stderr.write("starting the offline AWS and its demo organization\n")
    for name in ("AWS_PROFILE", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"):
        os.environ.pop(name, None)
    with serve() as endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        snapshots = tuple(look())
    audit = judge(snapshots, catalogue(), Limits(), started_at=moment)
    color = sys.stdout.isatty()
    sys.stdout.write(render(audit, "table", SHOWN, color=color))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(render(audit, "html", frozenset(Status)), encoding="utf-8")
    seconds = time.monotonic() - started
    sys.stderr.write(f"\n{REPORT} shows the same with every pass ({seconds:.0f} s in all)\n")


if __name__ == "__main__":
    main()
