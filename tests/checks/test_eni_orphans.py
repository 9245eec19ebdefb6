from eksnet.checks.eni_orphans import interfaces_of_gone_clusters
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import Eni, Instance
from eksnet.model.snapshot import Snapshot
from tests.build import Example, branch, cluster, eni, instance, snapshot, trunk, x_eni

GONE = "payments-blue"
OWNER = {"eks:eni:owner": "amazon-vpc-cni"}


def left(name: str = GONE, status: str = "available", **parts: object) -> Eni:
    tags = {**OWNER, "cluster.k8s.amazonaws.com/name": name}
    values: dict[str, object] = {"description": "aws-K8S-i-0abc", "status": status, "tags": tags}
    return eni("eni-left", "subnet-a", **{**values, **parts})


def net(*enis: Eni, nodes: tuple[Instance, ...] = ()) -> Snapshot:
    return snapshot(clusters=[cluster()], enis=enis, instances=nodes)


TRUNK = trunk("eni-t", "i-1", tags={**OWNER, f"kubernetes.io/cluster/{GONE}": "owned"})
BRANCH = branch("eni-b", "eni-t", cluster_name=GONE)
LOST_X = x_eni("eni-x", cluster_name=GONE, status="available", attachment=None)

EXAMPLES = {
    "ENI002": Example(
        good=(
            net(left("payments")),
            net(left(status="in-use")),
            net(left(), nodes=(instance("i-9", cluster_name=GONE),)),
            net(TRUNK, BRANCH),
            net(x_eni("eni-x")),
        ),
        bad=(net(left()), net(BRANCH), net(LOST_X)),
    ),
}


def test_interfaces_that_nobody_made_for_a_cluster_are_left_out() -> None:
    tags = {f"kubernetes.io/cluster/{GONE}": "owned"}
    balancer = eni("eni-lb", description="ELB net/a/0", status="available", tags=tags)
    theirs = left(owner_id="444455556666")
    (finding,) = run(net(balancer, theirs), [interfaces_of_gone_clusters], Limits())
    assert (finding.status, finding.evidence["interfaces"]) == (Status.PASS, 0)


def test_it_is_asked_in_every_vpc_not_only_where_clusters_are() -> None:
    seen = net(left(vpc_id="vpc-empty"), x_eni("eni-x"))
    found = run(seen, [interfaces_of_gone_clusters], Limits())
    assert [(each.status, each.resource.id) for each in found] == [
        (Status.FAIL, "eni-left"),
        (Status.PASS, "vpc-0a"),
    ]


def test_a_cluster_that_could_not_be_described_is_not_gone() -> None:
    seen = snapshot(cluster_names=(GONE,), enis=[left()])
    assert run(seen, [interfaces_of_gone_clusters], Limits()) == ()
