import json

from eksnet.checks.sgp_nodes import branch_capacity, trunk_compatible
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Severity, Status
from eksnet.model.network import Eni
from eksnet.model.snapshot import Snapshot
from tests.build import (
    Example,
    addon,
    branch,
    cluster,
    instance,
    node_group,
    snapshot,
    trunk,
)

ON = json.dumps({"env": {"ENABLE_POD_ENI": "true"}})


def types(*names: str, configuration: str | None = ON, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "addons": [addon("payments", configuration)],
        "node_groups": [node_group(instance_types=names)],
    }
    return snapshot(**{**values, **parts})


def node(count: int, kind: str = "m5.large", *more: Eni, **parts: object) -> Snapshot:
    branches = [branch(f"eni-b{n}", "eni-t") for n in range(count)]
    values: dict[str, object] = {
        "clusters": [cluster()],
        "instances": [instance("i-1", type=kind)],
        "enis": [trunk("eni-t", "i-1"), *branches, *more],
    }
    return snapshot(**{**values, **parts})


LOOSE = branch("eni-loose", "", tags={"kubernetes.io/cluster/payments": "owned"})
T3 = instance("i-1", type="t3.large", tags={"eks:cluster-name": "payments"})

EXAMPLES = {
    "SGP003": Example(
        good=(types("m5.large", "c5.4xlarge"),),
        bad=(
            types("t3.large"),
            types("m5.large", "t3.medium"),
            types("m5.large", instances=[T3]),
        ),
        unknown=(
            types("x99.huge"),
            types("m5.large", node_groups=[node_group(instance_types=())]),
            types("m5.large", node_groups=[]),
            types("m5.large", addons=[]),
        ),
    ),
    "SGP004": Example(
        good=(node(0), node(8)),
        bad=(node(9), node(12), node(49, "c5.4xlarge")),
        unknown=(node(1, "x99.huge"), node(1, "m5.large", LOOSE)),
    ),
}


def test_no_type_at_all_is_worse_than_some() -> None:
    def tier(seen: Snapshot) -> Severity | None:
        return run(seen, [trunk_compatible], Limits())[0].severity

    assert tier(types("t3.large")) is Severity.HIGH
    assert tier(types("t3.large", "m5.large")) is Severity.MEDIUM


def test_only_clusters_with_the_setting_are_looked_at() -> None:
    assert run(types("t3.large", configuration=None), [trunk_compatible], Limits()) == ()


def test_auto_mode_is_judged_by_the_nodes_that_run_the_cni() -> None:
    auto = [cluster(auto_mode=True)]
    assert run(types("t3.large", clusters=auto, addons=[]), [trunk_compatible], Limits()) == ()
    own = instance("i-auto", type="t3.large", tags={"eks:eks-cluster-name": "payments"})
    (finding,) = run(
        types("m5.large", clusters=auto, instances=[own]), [trunk_compatible], Limits()
    )
    assert finding.status is Status.PASS


def test_instances_tell_the_type_of_a_group_that_only_a_template_knows() -> None:
    tags = {"eks:cluster-name": "payments", "eks:nodegroup-name": "workers"}
    seen = types(
        node_groups=[node_group(instance_types=())], instances=[instance("i-1", tags=tags)]
    )
    assert run(seen, [trunk_compatible], Limits())[0].status is Status.PASS


def test_the_limit_is_high_and_nearly_so_is_medium() -> None:
    full, near = (run(seen, [branch_capacity], Limits())[0] for seen in EXAMPLES["SGP004"].bad[1:])
    assert full.severity is Severity.HIGH
    assert near.severity is Severity.MEDIUM


def test_a_full_node_fails_even_where_other_branches_are_loose() -> None:
    (finding,) = run(node(9, "m5.large", LOOSE), [branch_capacity], Limits())
    assert finding.status is Status.FAIL


def test_the_resource_is_the_instance() -> None:
    (finding,) = run(node(1), [branch_capacity], Limits())
    assert finding.resource.id == "i-1"
    assert finding.evidence["limit"] == 9
