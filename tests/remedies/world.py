"""A cluster whose pods find no address, in a VPC that may be changed."""

import json
from typing import Any

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.network import AclEntry, NetworkAcl
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN, CannotFix, Plan
from eksnet.model.snapshot import Facet, Snapshot
from eksnet.plan.build import build
from eksnet.plan.draft import Draft
from eksnet.remedies import remedy
from eksnet.remedies.remedy import Choices
from tests.build import (
    ACCOUNT,
    VPC,
    addon,
    cluster,
    instance,
    node_group,
    quota,
    route_table,
    security_group,
    snapshot,
    subnet,
    vpc,
    zones,
)

ALLOWED = {OPT_IN_TAG: OPTED_IN}
CHECKS = tuple(each for each in catalogue() if Facet.HISTORY not in each.needs)
CUSTOM = {
    "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
    "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
}


def acl(acl_id: str = "acl-1", *subnets: str, default: bool = True, **parts: Any) -> NetworkAcl:
    values: dict[str, Any] = {
        "id": acl_id,
        "vpc_id": VPC,
        "owner_id": ACCOUNT,
        "is_default": default,
        "subnet_ids": subnets,
        "entries": tuple(
            AclEntry(number=100, egress=out, allow=True, protocol="-1", cidr="0.0.0.0/0")
            for out in (False, True)
        ),
        "tags": {},
    }
    return NetworkAcl(**{**values, **parts})


def values(env: dict[str, str], **more: object) -> str:
    return json.dumps({"env": env, **more})


def full(**parts: Any) -> Snapshot:
    """Return the cluster payments with nodes in two zones whose subnets have five addresses."""
    standard: dict[str, Any] = {
        "vpcs": [vpc(tags=ALLOWED)],
        "clusters": [cluster()],
        "subnets": [subnet("subnet-a", free_ips=5), subnet("subnet-b", free_ips=5)],
        "node_groups": [node_group()],
        "instances": [instance("i-1"), instance("i-2", "subnet-b")],
        "addons": [addon()],
        "route_tables": [
            route_table("rtb-main", None),
            route_table("rtb-a", "nat-a", subnet_ids=("subnet-a",)),
            route_table("rtb-b", "nat-b", subnet_ids=("subnet-b",)),
        ],
        "network_acls": [acl("acl-1", "subnet-a", "subnet-b")],
        "security_groups": [security_group("sg-payments")],
        "quotas": [quota("L-83CA0A9D", 5)],
        "zones": zones("ab"),
    }
    return snapshot(**{**standard, **parts})


def findings(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, CHECKS, Limits())


def failing(seen: Snapshot, check_id: str, resource: str) -> Finding:
    (found,) = (
        each
        for each in findings(seen)
        if each.check_id == check_id and each.resource.id == resource
    )
    assert found.status is Status.FAIL, found.message
    return found


def proposed(name: str, seen: Snapshot, finding: Finding, **choices: Any) -> Draft:
    draft = remedy(name).propose(seen, finding, Choices(**choices))
    assert isinstance(draft, Draft), draft
    return draft


def refused(name: str, seen: Snapshot, finding: Finding, **choices: Any) -> CannotFix:
    answer = remedy(name).propose(seen, finding, Choices(**choices))
    assert isinstance(answer, CannotFix), answer
    return answer


def planned(seen: Snapshot, draft: Draft, finding: Finding) -> Plan:
    plan = build(seen, draft, (finding,), CHECKS, Limits())
    assert isinstance(plan, Plan), plan
    return plan
