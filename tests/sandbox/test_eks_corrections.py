import pytest
from botocore.exceptions import ClientError

from tests.sandbox.clients import Aws


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return raised.value.response["Error"]["Code"]


def test_create_cluster_fills_in_what_vpc_config_response_documents(aws: Aws) -> None:
    vpc, subnets = aws.two_subnets()
    config = aws.cluster(subnets)["resourcesVpcConfig"]
    assert config["vpcId"] == vpc
    assert config["publicAccessCidrs"] == ["0.0.0.0/0"]
    assert (config["endpointPublicAccess"], config["endpointPrivateAccess"]) == (True, False)
    assert aws.eks.describe_cluster(name="payments")["cluster"]["health"] == {"issues": []}


def test_the_cluster_security_group_exists_and_its_members_reach_each_other(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    group_id = aws.cluster(subnets)["resourcesVpcConfig"]["clusterSecurityGroupId"]
    group = aws.ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    [rule] = group["IpPermissions"]
    assert rule["IpProtocol"] == "-1"
    assert rule["UserIdGroupPairs"][0]["GroupId"] == group_id


@pytest.mark.parametrize(
    ("asked", "kept"),
    [(None, "ipv4"), ({"ipFamily": "ipv6"}, "ipv6")],
)
def test_kubernetes_network_config_response_names_the_ip_family(
    aws: Aws, asked: dict[str, str] | None, kept: str
) -> None:
    _, subnets = aws.two_subnets()
    more = {"kubernetesNetworkConfig": asked} if asked else {}
    network = aws.cluster(subnets, **more)["kubernetesNetworkConfig"]
    assert network["ipFamily"] == kept
    assert ("serviceIpv6Cidr" in network) == (kept == "ipv6")


def test_auto_mode_is_shown_by_compute_config(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets, computeConfig={"enabled": True})
    cluster = aws.eks.describe_cluster(name="payments")["cluster"]
    assert cluster["computeConfig"] == {"enabled": True}


def test_vpc_config_request_needs_subnets_that_exist_in_two_zones(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    for wrong in ([subnets[0]], [subnets[0], "subnet-0123456789abcdef0"]):
        with pytest.raises(ClientError) as refused:
            aws.cluster(wrong)
        assert code(refused) == "InvalidParameterException"


def test_vpc_config_request_needs_subnets_of_one_vpc(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    with pytest.raises(ClientError) as refused:
        aws.cluster([subnets[0], aws.subnet(aws.vpc("10.1.0.0/16"), "10.1.0.0/24", "b")])
    assert code(refused) == "InvalidParameterException"


def test_network_requirements_put_cross_account_interfaces_into_two_zones(aws: Aws) -> None:
    vpc, subnets = aws.two_subnets()
    group = aws.ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc)["GroupId"]
    config = aws.cluster(subnets, config={"securityGroupIds": [group]})["resourcesVpcConfig"]
    enis = aws.x_enis()
    assert {each["SubnetId"] for each in enis} == set(subnets)
    for eni in enis:
        assert eni["OwnerId"] == "111122223333"
        assert eni["RequesterManaged"]
        assert eni["InterfaceType"] == "interface"
        assert eni["Status"] == "in-use"
        assert "InstanceId" not in eni["Attachment"]
        assert eni["Attachment"]["InstanceOwnerId"] not in ("111122223333", "amazon-aws")
        assert {each["GroupId"] for each in eni["Groups"]} == {
            group,
            config["clusterSecurityGroupId"],
        }


def test_deleting_a_cluster_takes_its_interfaces_and_group_away(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    group = aws.cluster(subnets)["resourcesVpcConfig"]["clusterSecurityGroupId"]
    aws.eks.delete_cluster(name="payments")
    assert aws.x_enis() == []
    with pytest.raises(ClientError) as gone:
        aws.ec2.describe_security_groups(GroupIds=[group])
    assert code(gone) == "InvalidGroup.NotFound"


def test_update_cluster_config_answers_an_update_and_keeps_the_rest(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    before = aws.cluster(subnets)["resourcesVpcConfig"]
    change = {"endpointPrivateAccess": True}
    update = aws.eks.update_cluster_config(name="payments", resourcesVpcConfig=change)["update"]
    assert update["type"] == "VpcConfigUpdate"
    after = aws.eks.describe_cluster(name="payments")["cluster"]["resourcesVpcConfig"]
    assert after == {**before, **change}


def test_update_cluster_config_takes_one_type_of_update_a_call(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    with pytest.raises(ClientError) as refused:
        aws.eks.update_cluster_config(
            name="payments",
            resourcesVpcConfig={"endpointPrivateAccess": True},
            logging={"clusterLogging": [{"types": ["api"], "enabled": True}]},
        )
    assert code(refused) == "InvalidParameterException"


def test_create_addon_is_described_with_the_configuration_given(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    text = '{"env":{"WARM_IP_TARGET":"1"}}'
    aws.eks.create_addon(clusterName="payments", addonName="vpc-cni", configurationValues=text)
    addon = aws.eks.describe_addon(clusterName="payments", addonName="vpc-cni")["addon"]
    assert addon["configurationValues"] == text
    assert (addon["status"], addon["health"]) == ("ACTIVE", {"issues": []})
    assert addon["addonArn"].startswith("arn:aws:eks:us-east-1:111122223333:addon/payments/vpc-cni")


def test_list_addons_pages(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    for name in ("vpc-cni", "coredns", "kube-proxy"):
        aws.eks.create_addon(clusterName="payments", addonName=name)
    first = aws.eks.list_addons(clusterName="payments", maxResults=2)
    rest = aws.eks.list_addons(clusterName="payments", maxResults=2, nextToken=first["nextToken"])
    assert first["addons"] + rest["addons"] == ["coredns", "kube-proxy", "vpc-cni"]
    assert rest.get("nextToken") is None


def test_absent_addons_and_clusters_are_not_found_by_that_name(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    for cluster in ("payments", "absent"):
        with pytest.raises(ClientError) as missing:
            aws.eks.describe_addon(clusterName=cluster, addonName="vpc-cni")
        assert code(missing) == "ResourceNotFoundException"
    for listing in (aws.eks.list_addons, aws.eks.list_nodegroups, aws.eks.list_fargate_profiles):
        with pytest.raises(ClientError) as missing:
            listing(clusterName="absent")
        assert code(missing) == "ResourceNotFoundException"


def test_create_addon_refuses_unknown_names_broken_settings_and_second_ones(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    aws.eks.create_addon(clusterName="payments", addonName="coredns")
    for asked, error in (
        ({"addonName": "vpc-nic"}, "InvalidParameterException"),
        ({"addonName": "vpc-cni", "configurationValues": "{"}, "InvalidParameterException"),
        ({"addonName": "coredns"}, "ResourceInUseException"),
    ):
        with pytest.raises(ClientError) as refused:
            aws.eks.create_addon(clusterName="payments", **asked)
        assert code(refused) == error


def test_a_deleted_addon_is_gone(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    aws.eks.create_addon(clusterName="payments", addonName="coredns")
    aws.eks.delete_addon(clusterName="payments", addonName="coredns")
    assert aws.eks.list_addons(clusterName="payments")["addons"] == []


def test_health_issues_of_one_node_group_are_its_own(aws: Aws) -> None:
    from moto.eks.models import eks_backends

    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    for name in ("one", "two"):
        aws.eks.create_nodegroup(
            clusterName="payments",
            nodegroupName=name,
            subnets=subnets,
            nodeRole="arn:aws:iam::111122223333:role/node",
        )
    backend = eks_backends["111122223333"]["us-east-1"]
    issue = {"code": "NodeCreationFailure", "message": "m", "resourceIds": []}
    backend.clusters["payments"].nodegroups["one"].health["issues"].append(issue)
    found = [
        aws.eks.describe_nodegroup(clusterName="payments", nodegroupName=name)["nodegroup"]
        for name in ("one", "two")
    ]
    assert [each["health"]["issues"] for each in found] == [[issue], []]


def test_managed_policies_can_be_attached_to_a_cluster_role(aws: Aws) -> None:
    aws.iam.create_role(RoleName="cluster", AssumeRolePolicyDocument="{}")
    names = {"AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController"}
    for name in names:
        aws.iam.attach_role_policy(RoleName="cluster", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    attached = aws.iam.list_attached_role_policies(RoleName="cluster")["AttachedPolicies"]
    assert {each["PolicyName"] for each in attached} == names
