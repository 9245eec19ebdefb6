"""The demo organization, through the real collector, checks and reports."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.model.audit import Audit
from eksnet.model.finding import Status
from eksnet.pipeline.audit import judge
from eksnet.report import FORMATS, render
from sandbox import serve
from sandbox.demo.__main__ import look
from sandbox.organization import ACCOUNTS, REGIONS


@pytest.fixture(scope="module")
def audit() -> Iterator[Audit]:
    with pytest.MonkeyPatch.context() as environment, serve() as endpoint:
        environment.setenv("AWS_ENDPOINT_URL", endpoint)
        started = dt.datetime.now(dt.UTC)
        yield judge(tuple(look()), catalogue(), Limits(), started_at=started)


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
    assert report["summary"]["blind"] == 2
