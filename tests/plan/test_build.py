"""Plans: proven, the same every time, and resting on nothing that was not seen."""

import dataclasses
import json
from typing import Any

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.action import Action, TagSubnet
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.plan import (
    OPT_IN_TAG,
    About,
    CannotFix,
    ManualStep,
    Plan,
    canonical,
    plan_of,
)
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.plan.build import build
from eksnet.plan.draft import Draft, DraftStep
from eksnet.plan.facts import facets_of, read
from eksnet.plan.kinds import kind_of
from eksnet.plan.progress import expected, looks_at, undo_order
from eksnet.plan.simulate import simulate, stages
from tests import build as make
from tests.plan.checks import NOTHING_ROUTED, POD_BLOCK, QUIET, TAGGED
from tests.plan.world import (
    ASSOCIATE,
    CREATE,
    LOG,
    NEW,
    POD_STEPS,
    STEPS,
    TAG,
    UNLOG,
    shuffled,
    world,
)

CHECKS = (POD_BLOCK, TAGGED, QUIET)


def draft(*actions: Action, **parts: Any) -> Draft:
    steps = tuple(DraftStep(action=action) for action in actions)
    return Draft(**{"remedy": "test", "vpc_id": make.VPC, "steps": steps, **parts})


def causes(snapshot: Snapshot, *ids: str) -> tuple[Finding, ...]:
    found = run(snapshot, CHECKS, Limits())
    return tuple(f for f in found if f.status is Status.FAIL and f.check_id in (ids or ("VPC901",)))


def planned(
    drafted: Draft, snapshot: Snapshot | None = None, checks: Any = CHECKS, **parts: Any
) -> Plan | CannotFix:
    seen = snapshot or world()
    return build(seen, drafted, causes(world()), checks, Limits(), **parts)


def plan(*actions: Action, **parts: Any) -> Plan:
    found = planned(draft(*(actions or STEPS), **parts))
    assert isinstance(found, Plan), found
    return found


def refusal(found: Plan | CannotFix) -> CannotFix:
    assert isinstance(found, CannotFix), found
    return found


def test_a_plan_says_what_it_is_for_and_how_much_it_touches() -> None:
    whole = plan()
    assert whole.vpc_id == make.VPC
    assert [each.name for each in whole.clusters] == ["payments"]
    assert [each.check_id for each in whole.causes] == ["VPC901"]
    assert whole.proof.closes == tuple(each.finding_id for each in whole.causes)
    assert whole.proof.checks == len(CHECKS)
    assert (whole.blast.creates, whole.blast.changes, whole.blast.deletes) == (4, 3, 1)
    assert whole.read_at == make.NOW < whole.expires_at < whole.undo_until


def test_a_plan_names_the_clusters_of_its_vpc_only() -> None:
    clusters = [make.cluster("search"), make.cluster("far", vpc_id="vpc-0b"), *world().clusters]
    found = planned(draft(ASSOCIATE), world(clusters=clusters))
    assert isinstance(found, Plan)
    assert [each.name for each in found.clusters] == ["payments", "search"]


def test_a_plan_is_the_same_byte_for_byte_in_any_order_of_what_was_seen() -> None:
    first = canonical(plan())
    for seed in range(5):
        again = planned(draft(*STEPS), shuffled(world(), seed))
        assert isinstance(again, Plan)
        assert canonical(again) == first
    assert canonical(plan_of(first)) == first


def test_a_plan_always_rests_on_its_vpc_and_on_the_clusters_in_it() -> None:
    keys = {(fact.about, fact.of) for fact in plan(ASSOCIATE).facts}
    assert {(About.VPC, make.VPC), (About.CLUSTERS, make.VPC)} <= keys
    assert set(kind_of(ASSOCIATE).facts(ASSOCIATE)) <= keys
    more = plan(ASSOCIATE, rests_on=((About.ROUTE_TABLE, "rtb-1"),))
    assert (About.ROUTE_TABLE, "rtb-1") in {(fact.about, fact.of) for fact in more.facts}


def test_facts_after_each_step_are_what_simulating_it_gives() -> None:
    whole = plan()
    keys = [(fact.about, fact.of) for fact in whole.facts]
    for number, state in enumerate(stages(world(), STEPS), start=1):
        left = expected(whole, range(1, number + 1))
        assert [fact.value for fact in left] == [read(state, key) for key in keys]


def test_each_step_changes_something_and_undoing_it_changes_it_back() -> None:
    whole = plan()
    states = [world(), *stages(world(), STEPS)]
    for step, state in zip(whole.steps, states[1:], strict=True):
        assert step.changes
        undone = kind_of(step.action).undone(state, step.action)
        for change in step.changes:
            assert change.before != change.after
            assert read(undone, (change.about, change.of)) == change.before


def test_no_fact_names_an_id_that_is_not_there_yet() -> None:
    whole = plan()
    values = [fact.value for fact in whole.facts]
    values += [each.after for step in whole.steps for each in step.changes]
    assert not [each for each in values if "planned" in each]


def test_what_a_step_waits_for_goes_into_the_plan() -> None:
    step = DraftStep(action=ASSOCIATE, waits="EKS recognises the block within an hour")
    found = planned(draft(steps=(step,)))
    assert isinstance(found, Plan)
    assert found.steps[0].waits == step.waits
    assert found.steps[0].number == 1


@pytest.mark.parametrize("facet", sorted(facets_of(kind_of(ASSOCIATE).facts(ASSOCIATE))))
def test_nothing_is_planned_on_what_was_not_seen(facet: Facet) -> None:
    blind = Blind(facet=facet, api="ec2:Any", error="Denied")
    found = refusal(planned(draft(ASSOCIATE), world(blinds=(blind,))))
    assert found.rule == "unseen"
    assert "ec2:Any answered Denied" in found.reason


def test_nothing_is_planned_on_an_incomplete_list() -> None:
    assert refusal(planned(draft(ASSOCIATE), world(partial=True))).rule == "unseen"


def test_a_vpc_that_does_not_say_so_is_never_changed() -> None:
    for tags in ({}, {OPT_IN_TAG: "denied"}):
        found = refusal(planned(draft(ASSOCIATE), world(vpcs=[make.vpc(tags=tags)])))
        assert found.rule == "not-opted-in"
        assert OPT_IN_TAG in found.advice


def test_a_vpc_of_another_account_is_never_changed() -> None:
    shared = dataclasses.replace(world().vpcs[0], owner_id="222233334444")
    tag = TagSubnet(vpc_id=make.VPC, subnet_cidr="10.0.0.0/24", key="k", value="v")
    found = refusal(planned(draft(tag), world(vpcs=[shared])))
    assert found.rule == "not-owned"


def test_a_vpc_that_is_not_there_is_never_changed() -> None:
    tag = TagSubnet(vpc_id="vpc-gone", subnet_cidr="10.0.0.0/24", key="k", value="v")
    assert refusal(planned(draft(tag, vpc_id="vpc-gone"))).rule == "unseen"


def test_a_plan_of_too_many_steps_is_refused_whole() -> None:
    found = refusal(planned(draft(*STEPS), most_steps=len(STEPS) - 1))
    assert found.rule == "too-many-steps"
    assert isinstance(planned(draft(*STEPS), most_steps=len(STEPS)), Plan)


def test_a_step_that_changes_nothing_is_an_error_of_the_remedy() -> None:
    cni = dataclasses.replace(UNLOG, flow_log_id="fl-twin")
    twin = dataclasses.replace(world().flow_logs[0], id="fl-twin")
    idle = dataclasses.replace(STEPS[5], before="null", after="{}")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="step 1, update-addon, changes nothing"):
        planned(draft(idle))
    assert planned(draft(ASSOCIATE, LOG, cni), world(flow_logs=[*world().flow_logs, twin]))


def test_a_plan_changes_one_vpc_only() -> None:
    with pytest.raises(ValueError, match="can't change vpc-0b"):
        planned(draft(ASSOCIATE, dataclasses.replace(CREATE, vpc_id="vpc-0b")))


def test_a_log_is_made_before_the_one_it_replaces_is_deleted() -> None:
    with pytest.raises(ValueError, match="before the one that replaces it"):
        planned(draft(UNLOG, LOG))
    with pytest.raises(ValueError, match="before the one that replaces it"):
        planned(draft(dataclasses.replace(LOG, aggregation_seconds=600), UNLOG))
    assert isinstance(planned(draft(ASSOCIATE, LOG, UNLOG)), Plan)


def test_a_manual_step_comes_after_a_step() -> None:
    with pytest.raises(ValueError, match="manual step"):
        planned(draft(ASSOCIATE, manual=(ManualStep(after=2, text="apply it"),)))


def test_what_a_person_does_counts_for_the_proof_and_for_no_fact() -> None:
    manual = ManualStep(after=1, text="make the subnet", assumes=CREATE)
    alone = refusal(planned(draft(ASSOCIATE), checks=(*CHECKS, NOTHING_ROUTED)))
    assert alone.rule == "opens"
    found = planned(draft(ASSOCIATE, manual=(manual,)), checks=(*CHECKS, NOTHING_ROUTED))
    assert isinstance(found, Plan)
    assert found.manual == (manual,)
    assert all("planned" not in fact.value for fact in found.facts)
    assert found.steps[0].changes == plan(ASSOCIATE).steps[0].changes


def test_a_finding_that_does_not_fail_any_more_is_not_repaired() -> None:
    done = simulate(world(), [ASSOCIATE])
    found = refusal(planned(draft(LOG), done))
    assert found.rule == "closes-nothing"
    assert "does not fail in what was seen" in found.reason


def test_a_plan_without_a_finding_is_none() -> None:
    found = build(world(), draft(ASSOCIATE), (), CHECKS, Limits())
    assert refusal(found).rule == "closes-nothing"


def test_the_catalogue_proves_a_flow_log() -> None:
    bare = world(flow_logs=[])
    checks = [each for each in catalogue() if each.topic == "FLO"]
    fails = [f for f in run(bare, checks, Limits()) if f.check_id == "FLO001"]
    found = build(bare, draft(LOG), tuple(fails), checks, Limits())
    assert isinstance(found, Plan), found
    assert [each.check_id for each in found.causes] == ["FLO001"]
    assert found.causes[0].severity is Severity.MEDIUM


def test_progress_is_told_by_the_steps_that_are_done() -> None:
    whole = plan(*POD_STEPS)
    assert expected(whole, ()) == whole.facts
    blocks = {fact.of: fact.value for fact in expected(whole, {1}) if fact.about is About.BLOCKS}
    assert [NEW, "associated"] in json.loads(blocks[make.VPC])
    assert expected(whole, [3, 1, 2]) == expected(whole, [1, 2, 3])
    assert [step.number for step in undo_order(whole, {1, 2, 5})] == [5, 2, 1]


def test_a_plan_looks_at_all_that_its_facts_and_its_steps_are_seen_by() -> None:
    whole = plan(*POD_STEPS)
    assert facets_of((fact.about, fact.of) for fact in whole.facts) <= looks_at(whole)
    for step in whole.steps:
        assert kind_of(step.action).facets <= looks_at(whole)
    assert TAG in [step.action for step in whole.steps]
