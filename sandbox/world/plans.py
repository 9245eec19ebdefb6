"""The plans that are tried: those that the remedies make, and one with every kind of step."""

from collections.abc import Iterable, Mapping

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model import action as act
from eksnet.model.action import Action
from eksnet.model.finding import Severity, Status
from eksnet.model.plan import (
    EXPIRES_AFTER,
    UNDO_WITHIN,
    About,
    Blast,
    Cause,
    Change,
    ClusterIdentity,
    Fact,
    Plan,
    Proof,
    Step,
)
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.plan.build import build
from eksnet.plan.draft import Draft
from eksnet.plan.facts import read
from eksnet.plan.kind import Key
from eksnet.plan.kinds import kind_of
from eksnet.plan.simulate import stages
from eksnet.remedies import remedy
from eksnet.remedies.remedy import Choices
from sandbox.world.ground import CLUSTER, NOW, VPC, shown

CNI_TAG = "kubernetes.io/role/cni"  # what makes the VPC CNI use a subnet: amazon-vpc-cni-k8s README
NEW_LOG = Choices(destination_type="s3", destination="arn:aws:s3:::new")


def _every_kind() -> Iterable[Action]:
    """A block, a subnet, its route table, a reservation, the settings; then the tag."""
    cidr = "100.64.0.0/18"
    yield act.AssociateCidr(vpc_id=VPC, cidr="100.64.0.0/16")
    yield act.CreateSubnet(vpc_id=VPC, cidr=cidr, az_id="euw1-az1", tags={"Name": "pods"})
    yield act.AssociateRouteTable(vpc_id=VPC, subnet_cidr=cidr, route_table_id="rtb-a")
    yield act.ReservePrefixes(vpc_id=VPC, subnet_cidr=cidr, cidr="100.64.32.0/19")
    before = '{"env":{"WARM_ENI_TARGET":"1"}}'
    after = '{"env":{"ENABLE_SUBNET_DISCOVERY":"true","WARM_ENI_TARGET":"1"}}'
    yield act.UpdateAddon(cluster=CLUSTER, vpc_id=VPC, addon="vpc-cni", before=before, after=after)
    yield act.TagSubnet(vpc_id=VPC, subnet_cidr=cidr, key=CNI_TAG, value="1")


def _remedied(snapshot: Snapshot, name: str, choices: Choices) -> Plan:
    """Return the plan that a remedy makes of the first finding it can repair, proven."""
    checks = tuple(each for each in catalogue() if Facet.HISTORY not in each.needs)
    for finding in run(snapshot, checks, Limits()):
        if finding.status is Status.FAIL and name in finding.remedies:
            draft = remedy(name).propose(snapshot, finding, choices)
            plan = isinstance(draft, Draft) and build(snapshot, draft, (finding,), checks, Limits())
            if isinstance(plan, Plan):
                return plan
    raise LookupError(name)


def planned(snapshot: Snapshot, remedy: str, actions: Iterable[Action]) -> Plan:
    """Return a plan of actions as it is made of a snapshot; its proof is not asked for here."""
    wanted = tuple(actions)
    keys = {(About.VPC, VPC), (About.CLUSTERS, VPC)}
    keys |= {key for action in wanted for key in kind_of(action).facts(action)}
    values = {key: _value(snapshot, key) for key in sorted(keys)}
    facts = tuple(Fact(about=key[0], of=key[1], value=value) for key, value in values.items())
    cluster = snapshot.clusters[0]
    identity = ClusterIdentity(name=cluster.name, arn=cluster.arn, created_at=cluster.created_at)
    cause = Cause(finding_id="0" * 32, check_id="XXX000", severity=Severity.HIGH, message="")
    return Plan(
        tool_version="0",
        remedy=remedy,
        target=snapshot.target,
        vpc_id=VPC,
        clusters=(identity,),
        causes=(cause,),
        read_at=NOW,
        expires_at=NOW + EXPIRES_AFTER,
        undo_until=NOW + UNDO_WITHIN,
        facts=facts,
        steps=tuple(_steps(snapshot, wanted, values)),
        proof=Proof(checks=0, closes=(cause.finding_id,)),
        blast=Blast(creates=len(wanted), changes=0, deletes=0),
    )


def _steps(
    snapshot: Snapshot, actions: tuple[Action, ...], values: dict[Key, str]
) -> Iterable[Step]:
    after = stages(snapshot, actions)
    for number, (action, state) in enumerate(zip(actions, after, strict=True), start=1):
        now = {key: _value(state, key) for key in values}
        changes = tuple(
            Change(about=key[0], of=key[1], before=values[key], after=now[key])
            for key in values
            if values[key] != now[key]
        )
        values.update(now)
        yield Step(number=number, action=action, changes=changes)


def _value(snapshot: Snapshot, key: Key) -> str:
    value = read(snapshot, key)
    if isinstance(value, Blind):
        raise TypeError(value)
    return value


def plans() -> Mapping[str, Plan]:
    """Return every plan that is tried, by its name."""
    return {
        "secondary-cidr": _remedied(shown(), "secondary-cidr", Choices()),
        "flow-logs": _remedied(shown(), "flow-logs", NEW_LOG),
        "every-kind": planned(shown(), "secondary-cidr", _every_kind()),
    }
