import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import __main__ as program
from sandbox import organization, serve
from sandbox.organization import ACCOUNTS, DATA, EDGE, REGIONS, RETAIL
from tests.sandbox.clients import connect

type Clients = Callable[..., Any]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serve() as url:
        yield url


@pytest.fixture
def client(endpoint: str) -> Clients:
    def make(service: str, account: str = RETAIL, region: str = "us-east-1") -> Any:
        key, secret = organization.credentials(account)
        return connect(
            service,
            region,
            endpoint_url=endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    return make


def test_every_account_has_clusters_in_both_regions(client: Clients) -> None:
    found = {
        (account, region): client("eks", account, region).list_clusters()["clusters"]
        for account in ACCOUNTS
        for region in REGIONS
    }
    assert all(found.values())
    assert sum(len(each) for each in found.values()) >= 12


def test_credentials_belong_to_their_account_and_plain_keys_to_the_first(
    client: Clients, endpoint: str
) -> None:
    for account in ACCOUNTS:
        assert client("sts", account).get_caller_identity()["Account"] == account
    plain = connect(
        "sts",
        "us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    assert plain.get_caller_identity()["Account"] == RETAIL


def test_the_server_answers_with_the_corrections(client: Clients) -> None:
    ec2, eks = client("ec2"), client("eks")
    page = ec2.describe_subnets(MaxResults=5)
    assert len(page["Subnets"]) == 5
    assert page["NextToken"]
    addon = eks.describe_addon(clusterName="search", addonName="vpc-cni")["addon"]
    assert json.loads(addon["configurationValues"])["env"]["ENABLE_POD_ENI"] == "true"
    kinds = {
        each["InterfaceType"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]
    }
    assert {"interface", "trunk", "branch", "nat_gateway", "lambda", "vpc_endpoint"} <= kinds


@pytest.mark.parametrize(("cluster", "free"), [("storefront", [3, 5, 12]), ("payments", [26, 26])])
def test_cluster_subnets_are_short_in_one_cluster_and_not_in_another(
    client: Clients, cluster: str, free: list[int]
) -> None:
    config = client("eks").describe_cluster(name=cluster)["cluster"]["resourcesVpcConfig"]
    subnets = client("ec2").describe_subnets(SubnetIds=config["subnetIds"])["Subnets"]
    assert sorted(each["AvailableIpAddressCount"] for each in subnets) == free


def test_two_reads_are_refused_in_one_region_of_one_account(client: Clients) -> None:
    ec2, eks = client("ec2", EDGE, "eu-west-1"), client("eks", EDGE, "eu-west-1")
    with pytest.raises(ClientError) as refused:
        ec2.describe_flow_logs()
    assert refused.value.response["Error"]["Code"] == "UnauthorizedOperation"
    with pytest.raises(ClientError) as refused:
        eks.describe_addon(clusterName="previews", addonName="vpc-cni")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert client("ec2", EDGE).describe_flow_logs()["FlowLogs"]
    assert client("eks", EDGE).describe_addon(clusterName="edge", addonName="vpc-cni")


def test_both_sides_see_the_peering(client: Clients) -> None:
    for account in (RETAIL, DATA):
        [peering] = client("ec2", account).describe_vpc_peering_connections()[
            "VpcPeeringConnections"
        ]
        assert peering["Status"]["Code"] == "active"


def test_the_exports_are_shell_lines(endpoint: str) -> None:
    lines = program.exports(endpoint, EDGE, "eu-west-1").splitlines()
    assert all(line.startswith("export AWS_") for line in lines)
    assert f"export AWS_ENDPOINT_URL={endpoint}" in lines
