"""Every call that changes what a facet shows is watched, or there is a reason why not."""

import json
import re
from collections.abc import Iterator, Mapping

import botocore.session
import pytest

from eksnet.collect.facets import READABLE
from eksnet.model.snapshot import Facet
from eksnet.pipeline.change import DETAIL_TYPE, WATCHED

CHANGES = re.compile(
    "(Accept|Assign|Associate|Attach|Authorize|Create|Delete|Detach|Disable|Disassociate|Enable"
    "|Modify|Register|Deregister|Reject|Replace|Reset|Revoke|Run|Start|Stop|Terminate|Unassign"
    "|Update)(?=[A-Z])"
)
MOST = 2048  # EventBridge quotas: the size of an event pattern

NOTHING_YET = "it serves nothing until another call puts it to use, or served nothing any more"
ALL_DAY = "autoscalers, the VPC CNI or its controller call it for every node or interface"
NOT_READ = "no facet shows what it changes"
OLD = "EC2-Classic is no more"
REASONS: Mapping[str, tuple[str, ...]] = {
    NOTHING_YET: (
        "CreateDefaultVpc",
        "CreateEgressOnlyInternetGateway",
        "CreateInternetGateway",
        "CreateNetworkAcl",
        "CreateRouteTable",
        "CreateSecurityGroup",
        "CreateVpc",
        "DeleteInternetGateway",
        "DeleteNetworkAcl",
        "DeleteRouteTable",
        "DeleteSecurityGroup",
        "DeleteVpc",
    ),
    ALL_DAY: (
        "AssignIpv6Addresses",
        "AssignPrivateIpAddresses",
        "AttachNetworkInterface",
        "CreateNetworkInterface",
        "DeleteNetworkInterface",
        "DetachNetworkInterface",
        "ModifyNetworkInterfaceAttribute",
        "RunInstances",
        "StartInstances",
        "StopInstances",
        "TerminateInstances",
        "UnassignIpv6Addresses",
        "UnassignPrivateIpAddresses",
    ),
    NOT_READ: (
        "AssignPrivateNatGatewayAddress",
        "AssociateNatGatewayAddress",
        "AssociateSecurityGroupVpc",
        "CreateNetworkInterfacePermission",
        "DeleteNetworkInterfacePermission",
        "DeregisterCluster",
        "DisassociateNatGatewayAddress",
        "DisassociateSecurityGroupVpc",
        "ModifyAvailabilityZoneGroup",
        "ModifyVpcEndpointPayerResponsibility",
        "ModifyVpcPeeringConnectionOptions",
        "ModifyVpcTenancy",
        "RegisterCluster",
        "ResetNetworkInterfaceAttribute",
        "RunScheduledInstances",
        "UnassignPrivateNatGatewayAddress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
        "UpdateSecurityGroupRuleDescriptionsIngress",
    ),
    OLD: (
        "AttachClassicLinkVpc",
        "DetachClassicLinkVpc",
        "DisableVpcClassicLink",
        "EnableVpcClassicLink",
    ),
}
EXCEPTIONS = frozenset(name for names in REASONS.values() for name in names)

ADDON = ("eks", "Addon")
SHOWN_BY: Mapping[Facet, tuple[str, str] | None] = {
    Facet.CLUSTERS: ("eks", "Cluster(Config|Version)?"),
    Facet.NODE_GROUPS: ("eks", "Nodegroup(Config|Version)?"),
    Facet.FARGATE_PROFILES: ("eks", "FargateProfile"),
    Facet.ADDON_VPC_CNI: ADDON,
    Facet.ADDON_COREDNS: ADDON,
    Facet.ADDON_KUBE_PROXY: ADDON,
    Facet.CLUSTER_ROLES: None,  # IAM tells of its calls in one Region only
    Facet.VPCS: ("ec2", "(Default)?Vpc|VpcCidrBlock|VpcTenancy|(ClassicLinkVpc|VpcClassicLink)"),
    Facet.VPC_ATTRIBUTES: ("ec2", "VpcAttribute"),
    Facet.SUBNETS: ("ec2", "(Default)?Subnet|SubnetAttribute|SubnetCidrBlock"),
    Facet.NETWORK_INTERFACES: (
        "ec2",
        "NetworkInterface(Attribute|Permission)?|PrivateIpAddresses|Ipv6Addresses",
    ),
    Facet.ROUTE_TABLES: (
        "ec2",
        "Route|RouteTable(Association)?|VgwRoutePropagation|(EgressOnly)?InternetGateway",
    ),
    Facet.SECURITY_GROUPS: (
        "ec2",
        "SecurityGroup|SecurityGroup(Egress|Ingress|Rules|Vpc|RuleDescriptions(Egress|Ingress))",
    ),
    Facet.NETWORK_ACLS: ("ec2", "NetworkAcl(Entry|Association)?"),
    Facet.FLOW_LOGS: ("ec2", "FlowLogs"),
    Facet.NAT_GATEWAYS: ("ec2", "NatGateway(Address)?|PrivateNatGatewayAddress"),
    Facet.VPC_ENDPOINTS: ("ec2", "VpcEndpoints?|VpcEndpointPayerResponsibility"),
    Facet.PEERINGS: ("ec2", "VpcPeeringConnection(Options)?"),
    Facet.TRANSIT_ATTACHMENTS: ("ec2", "TransitGatewayVpcAttachment"),
    Facet.INSTANCES: ("ec2", "(Scheduled)?Instances"),
    Facet.INSTANCE_TYPES: None,  # what AWS sells is changed by AWS
    Facet.ZONES: ("ec2", "AvailabilityZoneGroup"),
    Facet.CIDR_RESERVATIONS: ("ec2", "SubnetCidrReservation"),
    Facet.QUOTAS: None,  # AWS grants what was asked for, at another time
}
"""Whose calls change what each facet shows: the service, and the noun of their names."""


def mutating(facet: Facet) -> Iterator[tuple[str, str]]:
    """Yield the source and the name of each call of AWS that changes what a facet shows."""
    shown = SHOWN_BY[facet]
    if shown is None:
        return
    service, noun = shown
    for name in botocore.session.get_session().get_service_model(service).operation_names:
        verb = CHANGES.match(name)
        if verb and re.fullmatch(noun, name[verb.end() :]):
            yield f"aws.{service}", name


def test_every_facet_that_is_read_has_its_calls_told() -> None:
    assert set(SHOWN_BY) == READABLE


@pytest.mark.parametrize("facet", sorted(READABLE))
def test_every_call_that_changes_what_a_facet_shows_is_watched(facet: Facet) -> None:
    found = list(mutating(facet))
    assert bool(found) is (SHOWN_BY[facet] is not None)
    for source, name in found:
        assert (name in WATCHED[source]) is (name not in EXCEPTIONS), name


def test_nothing_is_watched_or_excepted_that_changes_no_facet() -> None:
    every = {name for facet in READABLE for _, name in mutating(facet)}
    assert {name for names in WATCHED.values() for name in names} | EXCEPTIONS == every


@pytest.mark.parametrize("source", sorted(WATCHED))
def test_the_calls_are_few_enough_for_one_rule(source: str) -> None:
    assert list(WATCHED[source]) == sorted(set(WATCHED[source]))
    pattern = {
        "source": [source],
        "detail-type": [DETAIL_TYPE],
        "account": ["111122223333"],
        "region": ["ap-southeast-4"],
        "detail": {
            "eventSource": ["ec2.amazonaws.com"],
            "errorCode": [{"exists": False}],
            "eventName": WATCHED[source],
        },
    }
    assert len(json.dumps(pattern)) <= MOST
