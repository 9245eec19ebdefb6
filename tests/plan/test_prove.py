"""The proof: a plan closes what it is for, and opens nothing that matters."""

import dataclasses

import pytest

from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.plan import CannotFix, Proof
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.prove import prove
from eksnet.plan.simulate import simulate
from tests.plan.checks import ALL, NOTHING_ROUTED, POD_BLOCK, QUIET, TAGGED
from tests.plan.world import ASSOCIATE, CREATE, LOG, world

LIMITS = Limits()


def before(*checks: Check) -> tuple[Finding, ...]:
    return run(world(), checks or ALL, LIMITS)


def the_cause() -> tuple[Finding, ...]:
    return tuple(each for each in before(POD_BLOCK) if each.status is Status.FAIL)


def proven(after: Snapshot, *checks: Check) -> Proof | CannotFix:
    return prove(before(*checks), after, the_cause(), checks or ALL, LIMITS)


def test_what_closes_its_finding_and_opens_little_is_proven() -> None:
    proof = proven(simulate(world(), [ASSOCIATE, CREATE]))
    assert isinstance(proof, Proof), proof
    assert proof.checks == len(ALL)
    assert proof.closes == tuple(each.finding_id for each in the_cause())
    (opened,) = proof.opens
    assert (opened.check_id, opened.severity) == ("VPC902", Severity.LOW)


def test_a_finding_that_is_gone_is_closed() -> None:
    proof = proven(dataclasses.replace(world(), vpcs=()), POD_BLOCK)
    assert isinstance(proof, Proof)


@pytest.mark.parametrize("hidden", [True, False])
def test_a_finding_that_would_still_fail_or_not_be_told_is_not_closed(*, hidden: bool) -> None:
    after = simulate(world(), [LOG])
    after = dataclasses.replace(after, partial=hidden)
    found = proven(after, POD_BLOCK)
    assert isinstance(found, CannotFix)
    assert found.rule == "closes-nothing"
    assert "VPC901 vpc-0a would still say" in found.reason


def test_what_would_open_at_medium_or_above_is_named() -> None:
    found = proven(simulate(world(), [ASSOCIATE]))
    assert isinstance(found, CannotFix)
    assert found.rule == "opens"
    assert found.reason == "it would open VPC904 vpc-0a: bare"


def severe(severity: Severity) -> Check:
    return dataclasses.replace(NOTHING_ROUTED, severity=severity)


@pytest.mark.parametrize("severity", Severity)
def test_only_what_is_low_may_open(severity: Severity) -> None:
    found = proven(simulate(world(), [ASSOCIATE]), POD_BLOCK, severe(severity))
    assert isinstance(found, Proof) is (severity is Severity.LOW)


def test_a_finding_that_gets_worse_is_opened_and_one_that_stays_is_not() -> None:
    after = simulate(world(), [ASSOCIATE])
    for was, now in ((Severity.MEDIUM, Severity.HIGH), (Severity.HIGH, Severity.HIGH)):
        then = run(after, [severe(was)], LIMITS)
        found = prove((*then, *before(POD_BLOCK)), after, the_cause(), [severe(now)], LIMITS)
        assert isinstance(found, CannotFix) is (was is not now)


def test_a_pass_that_can_no_longer_be_told_counts_as_medium() -> None:
    after = simulate(world(), [ASSOCIATE])
    (pods,) = (each for each in simulate(after, [CREATE]).subnets if each.id.count("-") > 3)
    known = dataclasses.replace(pods, id="subnet-known")
    seen = dataclasses.replace(after, subnets=(*after.subnets, known))
    found = prove(before(), seen, the_cause(), [QUIET], LIMITS)
    assert isinstance(found, CannotFix)
    assert "VPC903 subnet-known" in found.reason


def test_what_the_plan_makes_has_no_history_and_needs_none() -> None:
    after = simulate(world(), [ASSOCIATE, CREATE])
    proof = prove(before(), after, the_cause(), [QUIET], LIMITS)
    assert isinstance(proof, Proof)
    assert proof.opens == ()
    other = dataclasses.replace(QUIET, needs=frozenset({Facet.SUBNETS}))
    assert isinstance(prove(before(), after, the_cause(), [other], LIMITS), CannotFix)


def test_an_unknown_that_stays_opens_nothing() -> None:
    hidden = dataclasses.replace(world(), seen=frozenset(Facet) - {Facet.HISTORY})
    after = simulate(hidden, [ASSOCIATE, CREATE])
    checks = [POD_BLOCK, TAGGED, QUIET]
    was = run(hidden, checks, LIMITS)
    proof = prove(was, after, the_cause(), checks, LIMITS)
    assert isinstance(proof, Proof)
    assert [each.check_id for each in proof.opens] == ["VPC902"]
