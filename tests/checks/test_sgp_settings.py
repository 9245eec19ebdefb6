import dataclasses
import json

from eksnet.checks.sgp_settings import pod_eni_agrees, resource_controller_policy, trunks_left
from eksnet.cni.branch import UNNAMED
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import Addon
from eksnet.model.finding import Severity, Status
from eksnet.model.network import Eni
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import Example, addon, branch, cluster, instance, role, snapshot, trunk

CHECKS = (pod_eni_agrees, resource_controller_policy, trunks_left)
ON = addon("payments", json.dumps({"env": {"ENABLE_POD_ENI": "true"}}))
OFF = addon("payments", json.dumps({"env": {"ENABLE_POD_ENI": "false"}}))
DEFAULT = addon()
UNREADABLE = addon("payments", "- no mapping")
TRUNK, BRANCH = trunk("eni-t", "i-1"), branch("eni-b", "eni-t")
STRAY = branch("eni-s", "eni-gone", tags={"eks:eni:owner": "eks-vpc-resource-controller"})


def net(setting: Addon | None, *enis: Eni, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": [setting] if setting else [],
        "enis": enis,
        "instances": [instance("i-1")],
        "cluster_roles": [role()],
    }
    return snapshot(**{**values, **parts})


BARE_ROLE = [role("payments", "AmazonEKSClusterPolicy")]

EXAMPLES = {
    "SGP001": Example(
        good=(
            net(ON, TRUNK, BRANCH),
            net(OFF),
            net(DEFAULT),
            net(OFF, branch("eni-x", "eni-y", cluster_name="another")),
        ),
        bad=(net(OFF, TRUNK, BRANCH), net(DEFAULT, BRANCH), net(ON), net(ON, TRUNK)),
        unknown=(
            net(None),
            net(UNREADABLE),
            net(ON, instances=[]),
            net(OFF, STRAY),
            net(ON, TRUNK, STRAY),
        ),
    ),
    "SGP002": Example(
        good=(net(ON), net(OFF, BRANCH), net(None, BRANCH)),
        bad=(net(ON, cluster_roles=BARE_ROLE), net(None, BRANCH, cluster_roles=BARE_ROLE)),
        unknown=(net(ON, cluster_roles=[]), net(None), net(UNREADABLE)),
    ),
    "SGP008": Example(
        good=(net(ON, TRUNK), net(OFF)),
        bad=(net(OFF, TRUNK), net(DEFAULT, TRUNK, BRANCH)),
        unknown=(net(None, TRUNK), net(UNREADABLE), net(OFF, STRAY)),
    ),
}


def test_a_setting_that_is_not_named_is_shown_as_default() -> None:
    (finding,) = run(net(DEFAULT), [pod_eni_agrees], Limits())
    assert finding.evidence["set_by"] == "default"
    for seen in (net(DEFAULT), net(DEFAULT, TRUNK, BRANCH)):
        for finding in run(seen, [pod_eni_agrees, trunks_left], Limits()):
            assert UNNAMED in finding.message
    for finding in run(net(OFF, TRUNK, BRANCH), [pod_eni_agrees, trunks_left], Limits()):
        assert UNNAMED not in finding.message


def test_auto_mode_is_judged_only_with_the_addon() -> None:
    auto = [cluster(auto_mode=True)]
    assert run(net(None, TRUNK, BRANCH, clusters=auto), CHECKS, Limits()) == ()
    assert len(run(net(ON, TRUNK, BRANCH, clusters=auto), CHECKS, Limits())) == len(CHECKS)


def test_the_nodes_of_auto_mode_are_no_nodes_without_a_trunk() -> None:
    node = instance("i-1", tags={"eks:eks-cluster-name": "payments"})
    seen = net(ON, clusters=[cluster(auto_mode=True)], instances=[node])
    (finding,) = run(seen, [pod_eni_agrees], Limits())
    assert finding.status is Status.UNKNOWN


def test_only_the_attached_policy_decides_where_lists_are_partial() -> None:
    def status(seen: Snapshot) -> Status:
        partial = dataclasses.replace(seen, partial=True)
        return run(partial, [resource_controller_policy], Limits())[0].status

    assert status(net(ON)) is Status.PASS
    assert status(net(ON, cluster_roles=BARE_ROLE)) is Status.UNKNOWN


def test_branches_without_the_setting_matter_more_than_a_setting_without_branches() -> None:
    def tier(seen: Snapshot) -> Severity | None:
        return run(seen, [pod_eni_agrees], Limits())[0].severity

    assert tier(net(OFF, BRANCH)) is Severity.HIGH
    assert tier(net(ON)) is Severity.MEDIUM
    assert tier(net(ON, TRUNK)) is Severity.LOW


def test_an_unread_role_matters_only_where_it_carries_something() -> None:
    blind = Blind(
        facet=Facet.CLUSTER_ROLES,
        api="iam:ListAttachedRolePolicies",
        error="AccessDenied",
        cluster="payments",
    )
    (finding,) = run(
        dataclasses.replace(net(ON), blinds=(blind,)), [resource_controller_policy], Limits()
    )
    assert finding.status is Status.UNKNOWN
    assert finding.unknown
    assert finding.unknown.error == "AccessDenied"
    unused = dataclasses.replace(net(OFF), blinds=(blind,))
    assert run(unused, [resource_controller_policy], Limits()) == ()
