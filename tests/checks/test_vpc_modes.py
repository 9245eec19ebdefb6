from eksnet.checks.vpc_modes import one_mode
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.network import Eni
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, eni, instance, node_eni, snapshot, subnet

MANY = ("10.0.0.10", "10.0.0.11", "10.0.0.12")
BLOCK = ("10.0.0.32/28",)


def net(*enis: Eni, **parts: object) -> Snapshot:
    values: dict[str, object] = {
        "clusters": [cluster()],
        "subnets": [subnet("subnet-a"), subnet("subnet-b")],
        "instances": [instance("i-1"), instance("i-2"), instance("i-3", "subnet-b")],
        "enis": list(enis),
    }
    return snapshot(**{**values, **parts})


SINGLE = node_eni("eni-1", "i-1", private_ips=MANY)
PREFIX = node_eni("eni-2", "i-2", prefixes=BLOCK)
EXAMPLES = {
    "VPC024": Example(
        good=(
            net(SINGLE, node_eni("eni-2", "i-2", private_ips=MANY)),
            net(PREFIX, node_eni("eni-1", "i-1", prefixes=BLOCK)),
            net(SINGLE, node_eni("eni-3", "i-3", "subnet-b", prefixes=BLOCK)),
            net(PREFIX, node_eni("eni-1", "i-1")),
            net(PREFIX, eni("eni-lambda", private_ips=MANY)),
            net(PREFIX, node_eni("eni-4", "i-2", index=1, private_ips=MANY)),
        ),
        bad=(net(SINGLE, PREFIX),),
        unknown=(net(SINGLE, subnets=[]),),
    ),
}


def test_nodes_of_two_clusters_count_together() -> None:
    seen = net(
        SINGLE,
        PREFIX,
        clusters=[cluster(), cluster("orders")],
        instances=[instance("i-1"), instance("i-2", cluster_name="orders")],
    )
    (finding,) = run(seen, [one_mode], Limits())
    assert finding.evidence["clusters"] == ["orders", "payments"]
    assert finding.severity
