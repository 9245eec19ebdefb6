"""A cluster that is built well is left alone, whichever way it is built."""

import datetime as dt
from collections.abc import Iterator

import pytest

from eksnet.checks import catalogue
from eksnet.collect.facets import READABLE
from eksnet.collect.live import collect
from eksnet.collect.session import Session
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from sandbox import offline, wellbuilt
from sandbox.organization import DATA, RETAIL, credentials

REGION = "us-east-1"
MEANT = {  # a check that only means something where the mode is what it is called
    "payments": "SGP007",
    "archive": "PFX001",
    "ledger": "CUS001",
    "mesh": "V6X003",
    "concierge": "XEN003",
    "strongroom": "RTE006",
    "tenant": "SGR001",
}
FIRST = "a forecast takes earlier audits, and this is the first look"
CLASS = "the subnets of Auto Mode's pods stand in a NodeClass, which only Kubernetes shows"
GATEWAYS = "a participant sees no gateway of the VPC's owner"
ROUTES = "the route to S3 goes by the owner's endpoint, and so its prefix list could be any"
LOGS = "a participant sees no flow log of the VPC's owner"
TAGS = "a participant sees no tag of the VPC's owner"
OWNERS = "the VPC's owner has its quotas and its peerings, and alone sees them"
NEIGHBOURS = "a participant sees no interface of others in the shared subnets"
UNKNOWN = {
    ("IPH004", None): FIRST,
    ("PFX010", None): FIRST,
    ("IPH002", "concierge"): CLASS,
    ("RTE002", "tenant"): GATEWAYS,
    ("RTE007", "tenant"): GATEWAYS,
    ("VPC022", "tenant"): ROUTES,
    ("FLO001", None): LOGS,
    ("LBS002", "tenant"): TAGS,
    ("VPC003", "tenant"): OWNERS,
    ("VPC005", "tenant"): OWNERS,
    ("VPC006", "tenant"): OWNERS,
    ("VPC007", "tenant"): OWNERS,
    ("XEN005", "tenant"): NEIGHBOURS,
}
"""All that may be unknown, by check and cluster, and why it can't be known."""


@pytest.fixture(scope="module")
def findings() -> Iterator[tuple[Finding, ...]]:
    key, secret = credentials(RETAIL)
    with pytest.MonkeyPatch.context() as patch, offline():
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ACCESS_KEY_ID", key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        wellbuilt.seed(RETAIL, DATA, REGION, dt.datetime.now(dt.UTC))
        seen = collect(Session(), REGION, READABLE)
        assert not seen.blinds
        yield run(seen, catalogue(), Limits())


def test_nothing_that_is_built_well_fails_a_check_of_medium_or_worse(
    findings: tuple[Finding, ...],
) -> None:
    worse = {Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM}
    fails = [each for each in findings if each.status is Status.FAIL]
    assert [(e.check_id, e.cluster, e.message) for e in fails if e.severity in worse] == []


def test_only_what_cannot_be_known_is_unknown(findings: tuple[Finding, ...]) -> None:
    unknown = {(e.check_id, e.cluster) for e in findings if e.status is Status.UNKNOWN}
    assert unknown == UNKNOWN.keys()


@pytest.mark.parametrize("name", wellbuilt.MODES)
def test_each_mode_is_judged_as_what_it_is(findings: tuple[Finding, ...], name: str) -> None:
    passes = {e.check_id for e in findings if e.cluster == name and e.status is Status.PASS}
    assert MEANT[name] in passes
