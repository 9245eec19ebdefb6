import dataclasses

from eksnet.checks.sgr_nodes import cluster_group_on_nodes
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import Cluster
from eksnet.model.network import Attachment, Eni
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, instance, node_eni, snapshot

OWN, ADDED, OTHER = ("sg-payments",), ("sg-added",), ("sg-nodes",)


def first(number: int, groups: tuple[str, ...], **parts: object) -> Eni:
    return node_eni(f"eni-{number}", f"i-{number}", "subnet-a", 0, groups=groups, **parts)


def net(*enis: Eni, of: Cluster | None = None) -> Snapshot:
    nodes = [instance(f"i-{number}") for number in (1, 2)]
    return snapshot(clusters=[of or cluster()], instances=nodes, enis=enis)


EXAMPLES = {
    "SGR008": Example(
        good=(
            net(first(1, OWN), first(2, OTHER + OWN)),
            net(first(1, ADDED), of=cluster(security_group_ids=ADDED)),
        ),
        bad=(net(first(1, OWN), first(2, OTHER)), net(first(1, ()))),
    ),
}


def test_only_the_first_interface_counts() -> None:
    (before,) = run(net(first(1, OWN)), [cluster_group_on_nodes], Limits())
    second = node_eni("eni-3", "i-1", index=1, groups=OTHER)
    hangs = Attachment(instance_id="i-1", device_index=0, network_card_index=1)
    card = node_eni("eni-4", "i-1", groups=OTHER, attachment=hangs)
    assert run(net(first(1, OWN), second, card), [cluster_group_on_nodes], Limits()) == (before,)


def test_a_first_interface_with_efa_counts_as_well() -> None:
    (finding,) = run(net(first(1, OTHER, interface_type="efa")), [cluster_group_on_nodes], Limits())
    assert finding.evidence["without"] == ["i-1"]


def test_without_nodes_or_without_the_group_nothing_is_judged() -> None:
    old = dataclasses.replace(cluster(), cluster_security_group_id=None)
    for seen in (net(), net(first(1, OTHER), of=old)):
        assert run(seen, [cluster_group_on_nodes], Limits()) == ()
