import pytest
from botocore.exceptions import ClientError

from sandbox.corrections.paging import PAGED
from tests.sandbox.clients import Aws


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return raised.value.response["Error"]["Code"]


@pytest.mark.parametrize("kind", ["trunk", "branch", "efa"])
def test_create_network_interface_keeps_the_interface_type(aws: Aws, kind: str) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    aws.ec2.create_network_interface(SubnetId=subnet, InterfaceType=kind)
    wanted = [{"Name": "interface-type", "Values": [kind]}]
    [eni] = aws.ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
    assert eni["InterfaceType"] == kind


def test_create_network_interface_refuses_types_only_aws_makes(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    with pytest.raises(ClientError) as refused:
        aws.ec2.create_network_interface(SubnetId=subnet, InterfaceType="lambda")
    assert code(refused) == "InvalidParameterValue"


def test_an_ipv4_prefix_takes_sixteen_addresses_of_the_subnet(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    made = aws.ec2.create_network_interface(SubnetId=subnet, Ipv4PrefixCount=2)
    assert len(made["NetworkInterface"]["Ipv4Prefixes"]) == 2
    assert aws.free(subnet) == 251 - 1 - 32


def test_prefixes_are_assigned_and_given_back(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    made = aws.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    eni = made["NetworkInterfaceId"]
    answer = aws.ec2.assign_private_ip_addresses(NetworkInterfaceId=eni, Ipv4PrefixCount=1)
    prefixes = [each["Ipv4Prefix"] for each in answer["AssignedIpv4Prefixes"]]
    assert aws.free(subnet) == 251 - 1 - 16
    aws.ec2.unassign_private_ip_addresses(NetworkInterfaceId=eni, Ipv4Prefixes=prefixes)
    assert aws.free(subnet) == 250


def test_a_fragmented_subnet_has_no_prefix_to_give(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/28")
    with pytest.raises(ClientError) as refused:
        aws.ec2.create_network_interface(SubnetId=subnet, Ipv4PrefixCount=1)
    assert code(refused) == "InsufficientCidrBlocks"
    assert aws.free(subnet) == 11


def test_a_full_subnet_refuses_and_never_shows_less_than_nothing(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/28")
    eni = aws.ec2.create_network_interface(SubnetId=subnet, SecondaryPrivateIpAddressCount=10)
    assert aws.free(subnet) == 0
    eni_id = eni["NetworkInterface"]["NetworkInterfaceId"]
    for call in (
        lambda: aws.ec2.create_network_interface(SubnetId=subnet),
        lambda: aws.ec2.assign_private_ip_addresses(
            NetworkInterfaceId=eni_id, SecondaryPrivateIpAddressCount=1
        ),
        lambda: aws.ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId=subnet),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert code(refused) == "InsufficientFreeAddressesInSubnet"
    assert aws.free(subnet) == 0


def test_no_two_interfaces_share_an_address_and_none_has_a_reserved_one(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/26")
    for _ in range(3):
        aws.ec2.run_instances(ImageId="ami-1", MinCount=2, MaxCount=2, SubnetId=subnet)
        aws.ec2.create_network_interface(SubnetId=subnet, SecondaryPrivateIpAddressCount=4)
    addresses = [
        each["PrivateIpAddress"]
        for eni in aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
        for each in eni["PrivateIpAddresses"]
    ]
    assert len(set(addresses)) == len(addresses) == 59 - aws.free(subnet)
    assert not {f"10.0.0.{each}" for each in (0, 1, 2, 3, 63)} & set(addresses)


def test_a_nat_gateway_is_public_by_default_and_its_interface_says_what_it_is(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    [gateway] = aws.ec2.describe_nat_gateways()["NatGateways"]
    assert gateway["ConnectivityType"] == "public"
    [eni] = aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert eni["InterfaceType"] == "nat_gateway"
    assert eni["Description"] == f"Interface for NAT Gateway {gateway['NatGatewayId']}"
    assert eni["PrivateIpAddress"].startswith("10.0.0.")


def test_an_interface_endpoint_has_interfaces_that_aws_manages(aws: Aws) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc, "10.0.0.0/24")
    made = aws.ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.us-east-1.ec2",
        VpcEndpointType="Interface",
        SubnetIds=[subnet],
    )["VpcEndpoint"]
    [eni] = aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert eni["Description"] == f"VPC Endpoint Interface {made['VpcEndpointId']}"
    assert (eni["InterfaceType"], eni["RequesterManaged"]) == ("vpc_endpoint", True)


def test_a_peering_shows_every_block_of_both_sides(aws: Aws) -> None:
    one, other = aws.vpc("10.0.0.0/16"), aws.vpc("10.5.0.0/16")
    aws.ec2.associate_vpc_cidr_block(VpcId=other, CidrBlock="100.64.0.0/16")
    aws.ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)
    [peering] = aws.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
    blocks = [each["CidrBlock"] for each in peering["AccepterVpcInfo"]["CidrBlockSet"]]
    assert blocks == ["10.5.0.0/16", "100.64.0.0/16"]


def test_describe_subnets_gives_every_item_once_over_its_pages(aws: Aws) -> None:
    vpc = aws.vpc()
    made = {aws.subnet(vpc, f"10.0.{each}.0/24") for each in range(12)}
    wanted = [{"Name": "vpc-id", "Values": [vpc]}]
    first = aws.ec2.describe_subnets(MaxResults=5, Filters=wanted)
    assert len(first["Subnets"]) == 5
    assert first["NextToken"]
    pages = aws.ec2.get_paginator("describe_subnets").paginate(
        Filters=wanted, PaginationConfig={"PageSize": 5}
    )
    seen = [each["SubnetId"] for page in pages for each in page["Subnets"]]
    assert len(seen) == 12
    assert set(seen) == made


@pytest.mark.parametrize("operation", sorted(PAGED))
def test_a_token_that_ec2_did_not_give_is_refused(aws: Aws, operation: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(aws.ec2, operation)(NextToken="made-up", MaxResults=5)
    assert code(refused) == "InvalidNextToken"


def test_the_token_of_another_operation_is_refused(aws: Aws) -> None:
    token = aws.ec2.describe_subnets(MaxResults=5)["NextToken"]
    with pytest.raises(ClientError) as refused:
        aws.ec2.describe_vpcs(NextToken=token)
    assert code(refused) == "InvalidNextToken"


def test_dry_run_changes_nothing(aws: Aws) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc, "10.0.0.0/24")
    for call in (
        lambda: aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", DryRun=True),
        lambda: aws.ec2.create_vpc(CidrBlock="10.9.0.0/16", DryRun=True),
        lambda: aws.ec2.delete_subnet(SubnetId=subnet, DryRun=True),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert code(refused) == "DryRunOperation"
    wanted = [{"Name": "vpc-id", "Values": [vpc]}]
    assert len(aws.ec2.describe_subnets(Filters=wanted)["Subnets"]) == 1
    assert len(aws.ec2.describe_vpcs()["Vpcs"]) == 2


@pytest.mark.parametrize(
    ("primary", "added", "error"),
    [
        ("10.0.0.0/16", "10.0.128.0/17", "CidrConflict"),
        ("10.0.0.0/16", "100.64.0.0/15", "InvalidVpc.Range"),
        ("10.0.0.0/16", "100.64.0.0/29", "InvalidVpc.Range"),
        ("10.0.0.0/16", "127.0.0.0/16", "InvalidVpc.Range"),
        ("10.0.0.0/16", "169.254.0.0/16", "InvalidVpc.Range"),
        ("10.0.0.0/16", "172.16.0.0/16", "InvalidVpc.Range"),
        ("10.0.0.0/16", "192.168.0.0/16", "InvalidVpc.Range"),
        ("10.0.0.0/16", "198.19.0.0/16", "InvalidVpc.Range"),
        ("10.1.0.0/16", "10.0.0.0/16", "InvalidVpc.Range"),
        ("172.16.0.0/16", "172.31.0.0/16", "InvalidVpc.Range"),
        ("100.64.0.0/16", "10.1.0.0/16", "InvalidVpc.Range"),
    ],
)
def test_vpc_cidr_blocks_refuses_what_the_user_guide_refuses(
    aws: Aws, primary: str, added: str, error: str
) -> None:
    vpc = aws.vpc(primary)
    with pytest.raises(ClientError) as refused:
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=added)
    assert code(refused) == error
    [found] = aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert len(found["CidrBlockAssociationSet"]) == 1


def test_vpc_cidr_blocks_are_stored_without_host_bits(aws: Aws) -> None:
    vpc = aws.vpc()
    answer = aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.68.0.18/18")
    assert answer["CidrBlockAssociation"]["CidrBlock"] == "100.68.0.0/18"


def test_a_block_no_smaller_than_a_routes_destination_is_refused(aws: Aws) -> None:
    vpc = aws.vpc()
    gateway = aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.create_route(
        RouteTableId=table, DestinationCidrBlock="100.64.0.0/24", GatewayId=gateway
    )
    with pytest.raises(ClientError) as refused:
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/16")
    assert code(refused) == "CidrConflict"
    aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/25")


def test_a_block_with_a_subnet_in_it_stays(aws: Aws) -> None:
    vpc = aws.vpc()
    added = aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/16")
    assert aws.block_states(vpc, "100.64.0.0/16", looks=2) == ["associating", "associated"]
    subnet = aws.subnet(vpc, "100.64.0.0/24")
    association = added["CidrBlockAssociation"]["AssociationId"]
    with pytest.raises(ClientError):
        aws.ec2.disassociate_vpc_cidr_block(AssociationId=association)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.disassociate_vpc_cidr_block(AssociationId=association)


def test_subnets_are_no_smaller_than_a_28(aws: Aws) -> None:
    with pytest.raises(ClientError) as refused:
        aws.subnet(aws.vpc(), "10.0.0.0/29")
    assert code(refused) == "InvalidSubnet.Range"


def test_a_subnet_with_interfaces_in_it_cannot_be_deleted(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    aws.ec2.create_network_interface(SubnetId=subnet)
    with pytest.raises(ClientError) as refused:
        aws.ec2.delete_subnet(SubnetId=subnet)
    assert code(refused) == "DependencyViolation"
