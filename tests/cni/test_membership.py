from eksnet.cni.membership import cluster_by_instance
from tests.build import cluster, eni, instance, node_eni, snapshot


def test_a_bastion_in_the_cluster_security_group_is_no_node() -> None:
    attachment = node_eni("eni-1", "i-bastion").attachment
    seen = snapshot(
        clusters=[cluster()],
        instances=[instance("i-bastion", tags={"Name": "bastion"})],
        enis=[eni("eni-1", attachment=attachment, groups=("sg-payments",))],
    )
    assert cluster_by_instance(seen) == {}


def test_an_untagged_node_is_known_by_the_cni_and_its_group() -> None:
    seen = snapshot(
        clusters=[cluster()],
        instances=[instance("i-1", tags={})],
        enis=[node_eni("eni-1", "i-1", groups=("sg-payments",))],
    )
    assert cluster_by_instance(seen) == {"i-1": "payments"}


def test_a_node_of_another_vpc_belongs_to_no_cluster_of_this_name() -> None:
    seen = snapshot(clusters=[cluster()], instances=[instance("i-1", vpc_id="vpc-other")])
    assert cluster_by_instance(seen) == {}
