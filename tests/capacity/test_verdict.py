from eksnet.capacity.verdict import Answer, verdict
from eksnet.cni.upgrade import upgrade_verdict
from eksnet.model.snapshot import Blind, Facet
from tests.build import addon, cluster, instance, node_group, snapshot, subnet

MINIMUM = 5


def test_the_control_plane_s_answer_is_the_one_of_the_upgrade_verdict() -> None:
    seen = snapshot(clusters=[cluster()], subnets=[subnet(free_ips=4), subnet("subnet-b")])
    found = verdict(seen, seen.clusters[0], MINIMUM)
    assert found.upgrade == upgrade_verdict(seen, seen.clusters[0], MINIMUM)
    assert found.answers == {Answer.NO}


def test_a_cluster_without_node_groups_has_the_upgrade_s_answer_only() -> None:
    seen = snapshot(clusters=[cluster()], subnets=[subnet(), subnet("subnet-b")])
    assert verdict(seen, seen.clusters[0], MINIMUM).answers == {Answer.YES}


def test_node_groups_that_could_not_be_listed_are_unknown() -> None:
    blind = Blind(facet=Facet.NODE_GROUPS, api="eks:ListNodegroups", error="AccessDenied")
    seen = snapshot(clusters=[cluster()], subnets=[subnet(), subnet("subnet-b")], blinds=(blind,))
    found = verdict(seen, seen.clusters[0], MINIMUM)
    assert found.unseen is not None
    assert found.answers == {Answer.YES, Answer.UNKNOWN}


def test_every_node_group_of_the_cluster_is_judged_and_no_other() -> None:
    seen = snapshot(
        clusters=[cluster(), cluster("search")],
        subnets=[subnet(), subnet("subnet-b")],
        node_groups=[node_group("b"), node_group("a"), node_group("x", "search")],
        addons=[addon(), addon("search")],
    )
    found = verdict(seen, seen.clusters[0], MINIMUM)
    assert [each.node_group for each in found.groups] == ["a", "b"]


def test_nodes_of_no_managed_group_are_counted_and_not_judged() -> None:
    seen = snapshot(
        clusters=[cluster()],
        subnets=[subnet(), subnet("subnet-b")],
        instances=[instance("i-1"), instance("i-2")],
    )
    assert verdict(seen, seen.clusters[0], MINIMUM).other_nodes == 2
