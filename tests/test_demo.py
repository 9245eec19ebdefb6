"""The demo organization, through the deployed handlers, checks and reports."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from eksnet.checks import catalogue
from eksnet.model.audit import Audit
from eksnet.model.finding import Status
from eksnet.pipeline.recall import recall
from eksnet.pipeline.services import services
from eksnet.report import FORMATS, render
from sandbox import offline, organization
from sandbox.demo import overnight, past
from sandbox.deployed import deployed
from sandbox.organization import ACCOUNTS, REGIONS

MORNING = dt.datetime(2026, 11, 23, 6, 0, tzinfo=dt.UTC)


class Demo(NamedTuple):
    """The first morning's audit, and the mail of the second."""

    audit: Audit
    subject: str
    mail: str


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with offline():
        organization.seed()
        with deployed() as application:
            past.remember()
            application.run(MORNING)
            audit = recall(services().store).audit
            application.mails()
            overnight.happen()
            application.run(MORNING + dt.timedelta(days=1))
            ((subject, mail),) = application.mails()
            yield Demo(audit, subject, mail)


@pytest.fixture(scope="module")
def audit(demo: Demo) -> Audit:
    return demo.audit


def test_the_second_mail_says_what_happened_overnight(demo: Demo) -> None:
    told = "eksnet: 2 clusters cannot upgrade, 1 subnet runs out in 16 days"
    assert demo.subject.startswith(told)
    changes = demo.mail[demo.mail.index("\nSINCE ") : demo.mail.index("\nRUNS OUT")]
    new, worse, resolved = (changes.index(each) for each in (" new:", " worse:", " resolved:"))
    assert "FLO001" in changes[new:worse]
    assert "XEN002" in changes[worse:resolved]
    assert "EPA002 of checkout-legacy" in changes[resolved:]


@pytest.mark.parametrize("check_id", [check.id for check in catalogue()])
def test_every_check_has_a_failing_and_a_passing_case(audit: Audit, check_id: str) -> None:
    seen = {finding.status for finding in audit.findings if finding.check_id == check_id}
    assert {Status.FAIL, Status.PASS} <= seen


def test_every_account_and_region_is_covered_and_what_was_refused_is_named(audit: Audit) -> None:
    places = {(each.target.account_id, each.target.region) for each in audit.coverage}
    assert places == {(account, region) for account in ACCOUNTS for region in REGIONS}
    assert sum(each.clusters_assessed for each in audit.coverage) >= 12
    refused = {blind.api for each in audit.coverage for blind in each.blinds}
    assert refused == {"ec2:DescribeFlowLogs", "eks:DescribeAddon"}


def test_every_finding_has_an_id_of_its_own(audit: Audit) -> None:
    ids = [finding.finding_id for finding in audit.findings]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_tells_the_worst(audit: Audit, format_: str) -> None:
    text = render(audit, format_, frozenset(Status))
    assert "storefront" in text
    assert "XEN002" in text


def test_the_json_report_holds_every_finding(audit: Audit) -> None:
    report = json.loads(render(audit, "json", frozenset(Status)))
    assert len(report["findings"]) == len(audit.findings)
    assert report["summary"]["blind"] == 4  # flow logs; one cluster's three add-ons
