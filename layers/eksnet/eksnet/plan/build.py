"""A plan out of a draft: what it rests on, what each step changes, and the proof."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from eksnet import __version__
from eksnet.engine.check import Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.action import Action, DeleteFlowLog
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.plan import (
    EXPIRES_AFTER,
    OPT_IN_TAG,
    OPTED_IN,
    UNDO_WITHIN,
    About,
    Blast,
    CannotFix,
    Cause,
    Change,
    ClusterIdentity,
    Fact,
    Plan,
    Proof,
    Step,
)
from eksnet.model.snapshot import Blind, Snapshot, vpc_by_id
from eksnet.network.proposal import owned_elsewhere
from eksnet.plan.draft import Draft
from eksnet.plan.facts import read
from eksnet.plan.kind import Key
from eksnet.plan.kinds import kind_of, vpc_of
from eksnet.plan.prove import CLOSES_NOTHING, prove
from eksnet.plan.simulate import simulate, stages

MOST_STEPS = 40  # ours: six zones, of which each takes four steps, and room
UNSEEN = "unseen"
NOT_OPTED_IN = "not-opted-in"
NOT_OWNED = "not-owned"
TOO_MANY_STEPS = "too-many-steps"


def build(  # noqa: PLR0913 - what a plan is made of
    snapshot: Snapshot,
    draft: Draft,
    causes: tuple[Finding, ...],
    checks: Collection[Check],
    limits: Limits,
    *,
    most_steps: int = MOST_STEPS,
) -> Plan | CannotFix:
    """Return the proven plan of a draft, or why it can't be one; the same for the same snapshot.

    Raises:
        ValueError: the draft is wrong in itself: a step that AWS would refuse, that changes nothing
            the plan rests on, or another VPC; a log that is deleted before it is replaced.
    """
    _coherent(draft)
    facts = _facts(snapshot, draft)
    if isinstance(facts, CannotFix):
        return facts
    refused = _refused(snapshot, draft, most_steps)
    if refused:
        return refused
    steps = tuple(_steps(snapshot, draft, facts))
    before = run(snapshot, checks, limits)
    closed = _as_seen(before, causes)
    if isinstance(closed, CannotFix):
        return closed
    proof = prove(before, simulate(snapshot, _in_the_end(draft)), closed, checks, limits)
    if isinstance(proof, CannotFix):
        return proof
    return _plan(snapshot, draft, closed, facts=facts, steps=steps, proof=proof)


def _coherent(draft: Draft) -> None:
    actions = [step.action for step in draft.steps]
    others = {vpc_of(action) for action in actions} - {draft.vpc_id}
    if others:
        msg = f"a plan for {draft.vpc_id} can't change {', '.join(sorted(others))}"
        raise ValueError(msg)
    for number, action in enumerate(actions):
        if isinstance(action, DeleteFlowLog) and action.replaced_by not in actions[:number]:
            msg = "a flow log would be deleted before the one that replaces it is there"
            raise ValueError(msg)
    if any(not 0 <= manual.after <= len(actions) for manual in draft.manual):
        msg = "a manual step comes after a step that there is none of"
        raise ValueError(msg)


def _facts(snapshot: Snapshot, draft: Draft) -> tuple[Fact, ...] | CannotFix:
    """Return every fact of the plan, or what hides one: then nothing is planned."""
    facts = []
    for about, of in _keys(draft):
        value = read(snapshot, (about, of))
        if isinstance(value, Blind):
            reason = f"the {about} of {of} could not be seen: {value.api} answered {value.error}"
            return CannotFix(rule=UNSEEN, reason=reason)
        facts.append(Fact(about=about, of=of, value=value))
    return tuple(facts)


def _keys(draft: Draft) -> list[Key]:
    keys = {(About.VPC, draft.vpc_id), (About.CLUSTERS, draft.vpc_id), *draft.rests_on}
    for step in draft.steps:
        keys.update(kind_of(step.action).facts(step.action))
    return sorted(keys)


def _refused(snapshot: Snapshot, draft: Draft, most_steps: int) -> CannotFix | None:
    """Say why the VPC must not be changed, or not this much."""
    vpc = vpc_by_id(snapshot).get(draft.vpc_id)
    if vpc is None:
        return CannotFix(rule=UNSEEN, reason=f"there is no {draft.vpc_id}")
    if owned_elsewhere(snapshot, vpc.owner_id):
        reason = f"{vpc.id} belongs to account {vpc.owner_id}, which alone may change it"
        return CannotFix(rule=NOT_OWNED, reason=reason)
    if vpc.tags.get(OPT_IN_TAG) != OPTED_IN:
        reason = f"{vpc.id} does not say that it may be changed"
        advice = f"Tag it {OPT_IN_TAG}={OPTED_IN}."
        return CannotFix(rule=NOT_OPTED_IN, reason=reason, advice=advice)
    if len(draft.steps) > most_steps:
        reason = f"the plan would take {len(draft.steps)} steps, and {most_steps} are allowed"
        return CannotFix(rule=TOO_MANY_STEPS, reason=reason)
    return None


def _steps(snapshot: Snapshot, draft: Draft, facts: tuple[Fact, ...]) -> Iterator[Step]:
    """Yield the steps, each with the facts that are different after it."""
    values: dict[Key, str] = {(fact.about, fact.of): fact.value for fact in facts}
    after = stages(snapshot, (step.action for step in draft.steps))
    for number, (step, state) in enumerate(zip(draft.steps, after, strict=True), start=1):
        changes = tuple(_changes(state, values))
        if not changes:
            msg = f"step {number}, {step.action.kind}, changes nothing that the plan rests on"
            raise ValueError(msg)
        values.update({(each.about, each.of): each.after for each in changes})
        yield Step(number=number, action=step.action, changes=changes, waits=step.waits)


def _changes(state: Snapshot, values: Mapping[Key, str]) -> Iterator[Change]:
    for (about, of), before in values.items():
        after = read(state, (about, of))
        if isinstance(after, Blind):
            msg = f"the {about} of {of} can't be told of a simulation: {after.error}"
            raise ValueError(msg)  # noqa: TRY004 - an error in the remedy like the others
        if after != before:
            yield Change(about=about, of=of, before=before, after=after)


def _as_seen(
    before: Iterable[Finding], causes: Iterable[Finding]
) -> tuple[Finding, ...] | CannotFix:
    """Return the causes as this very snapshot shows them, by id."""
    fails = {each.finding_id: each for each in before if each.status is Status.FAIL}
    names = {each.finding_id: each for each in causes}
    for name, cause in sorted(names.items()):
        if name not in fails:
            reason = f"{cause.check_id} {cause.resource.id} does not fail in what was seen"
            return CannotFix(rule=CLOSES_NOTHING, reason=reason)
    return tuple(fails[name] for name in sorted(names))


def _in_the_end(draft: Draft) -> Iterator[Action]:
    """Yield what will have been done, by the steps and by hand, in its order."""
    for number, step in enumerate((None, *draft.steps)):
        if step:
            yield step.action
        assumed = (each.assumes for each in draft.manual if each.after == number)
        yield from (action for action in assumed if action)


def _plan(  # noqa: PLR0913 - its parts
    snapshot: Snapshot,
    draft: Draft,
    causes: tuple[Finding, ...],
    *,
    facts: tuple[Fact, ...],
    steps: tuple[Step, ...],
    proof: Proof,
) -> Plan:
    return Plan(
        tool_version=__version__,
        remedy=draft.remedy,
        target=snapshot.target,
        vpc_id=draft.vpc_id,
        clusters=tuple(_clusters(snapshot, draft.vpc_id)),
        causes=tuple(map(_cause, causes)),
        read_at=snapshot.captured_at,
        expires_at=snapshot.captured_at + EXPIRES_AFTER,
        undo_until=snapshot.captured_at + UNDO_WITHIN,
        facts=facts,
        steps=steps,
        manual=draft.manual,
        proof=proof,
        blast=_blast(steps),
        notes=draft.notes,
    )


def _clusters(snapshot: Snapshot, vpc_id: str) -> Iterator[ClusterIdentity]:
    for each in sorted(snapshot.clusters, key=lambda cluster: cluster.name):
        if each.vpc_id == vpc_id:
            yield ClusterIdentity(name=each.name, arn=each.arn, created_at=each.created_at)


def _cause(finding: Finding) -> Cause:
    return Cause(
        finding_id=finding.finding_id,
        check_id=finding.check_id,
        severity=finding.severity or Severity.CRITICAL,
        message=finding.message,
    )


def _blast(steps: Iterable[Step]) -> Blast:
    counts = Counter(kind_of(step.action).counts for step in steps)
    return Blast(creates=counts["creates"], changes=counts["changes"], deletes=counts["deletes"])
