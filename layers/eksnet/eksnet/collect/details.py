"""The second round: what only the first answers could name."""

import dataclasses
import itertools
from collections.abc import Iterable
from typing import Any

from eksnet.capacity.prefix_mode import prefix_sources
from eksnet.cni.membership import nodes_by_cluster
from eksnet.collect import parse_ec2
from eksnet.collect.calls import Calls, RefusedError
from eksnet.collect.facets import TYPES_PAGE
from eksnet.model.cluster import Cluster, ClusterRole
from eksnet.model.network import Vpc
from eksnet.model.plan import PLAN_TAG
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, grouped, subnet_by_id


class Details:
    """Asks for cluster roles, VPC attributes, instance types and CIDR reservations.

    Reservations are of subnets that prefixes come from, and of those that a plan made.
    """

    def __init__(self, calls: Calls, found: dict[str, list[Any]]) -> None:
        self._calls, self._found = calls, found

    def ask(self, seen: Snapshot) -> None:
        """Start every call that the facets of ``seen`` still want; answers go to ``found``."""
        second = {
            Facet.CLUSTER_ROLES: self._roles,
            Facet.VPC_ATTRIBUTES: self._vpc_attributes,
            Facet.INSTANCE_TYPES: self._instance_types,
            Facet.CIDR_RESERVATIONS: self._cidr_reservations,
        }
        for facet, task in second.items():
            if facet in seen.seen:
                task(seen)

    def _roles(self, seen: Snapshot) -> None:
        for role_arn, clusters in grouped(seen.clusters, lambda each: each.role_arn).items():
            self._calls.start(self._role, role_arn, clusters)

    def _role(self, role_arn: str, clusters: tuple[Cluster, ...]) -> None:
        try:
            policies = self._calls.pages(
                "iam",
                "ListAttachedRolePolicies",
                lambda page: [each["PolicyArn"] for each in page["AttachedPolicies"]],
                RoleName=role_arn.rpartition("/")[2],
            )
        except RefusedError as refusal:
            for cluster in clusters:
                self._calls.blind(Facet.CLUSTER_ROLES, refusal, cluster=cluster.name)
            return
        self._keep("cluster_roles", [ClusterRole(arn=role_arn, policy_arns=tuple(policies))])

    def _vpc_attributes(self, seen: Snapshot) -> None:
        holding = {cluster.vpc_id for cluster in seen.clusters}
        for vpc in seen.vpcs:
            if vpc.id in holding:
                self._calls.start(self._attributes, vpc)

    def _attributes(self, vpc: Vpc) -> None:
        try:
            support = self._calls.ask(
                "ec2",
                "DescribeVpcAttribute",
                lambda answer: bool(answer["EnableDnsSupport"]["Value"]),
                VpcId=vpc.id,
                Attribute="enableDnsSupport",
            )
            hostnames = self._calls.ask(
                "ec2",
                "DescribeVpcAttribute",
                lambda answer: bool(answer["EnableDnsHostnames"]["Value"]),
                VpcId=vpc.id,
                Attribute="enableDnsHostnames",
            )
        except RefusedError as refusal:
            self._calls.blind(
                Facet.VPC_ATTRIBUTES, refusal, resource=Resource(type="AWS::EC2::VPC", id=vpc.id)
            )
            return
        vpcs = self._found["vpcs"]
        known = dataclasses.replace(vpc, dns_support=support, dns_hostnames=hostnames)
        vpcs[vpcs.index(vpc)] = known

    def _instance_types(self, seen: Snapshot) -> None:
        names = {name for group in seen.node_groups for name in group.instance_types}
        for nodes in nodes_by_cluster(seen).values():
            names.update(node.type for node in nodes)
        for batch in itertools.batched(sorted(names), TYPES_PAGE, strict=False):
            self._calls.start(self._types, batch)

    def _types(self, names: tuple[str, ...]) -> None:
        try:
            types = self._calls.ask(
                "ec2",
                "DescribeInstanceTypes",
                lambda answer: [parse_ec2.instance_type(each) for each in answer["InstanceTypes"]],
                InstanceTypes=list(names),
            )
        except RefusedError as refusal:
            self._calls.blind(Facet.INSTANCE_TYPES, refusal)
            return
        self._keep("instance_types", types)

    def _cidr_reservations(self, seen: Snapshot) -> None:
        wanted = {eni.subnet_id for eni in seen.enis if eni.prefixes}
        wanted.update(s for each in seen.clusters for s in prefix_sources(seen, each))
        wanted.update(subnet.id for subnet in seen.subnets if PLAN_TAG in subnet.tags)
        for subnet_id in sorted(wanted & subnet_by_id(seen).keys()):
            self._calls.start(self._reservations, subnet_id)

    def _reservations(self, subnet_id: str) -> None:
        try:
            reserved = self._calls.ask(
                "ec2",
                "GetSubnetCidrReservations",
                lambda got: [
                    parse_ec2.cidr_reservation(each)
                    for each in got.get("SubnetIpv4CidrReservations") or ()
                ],
                SubnetId=subnet_id,
            )
        except RefusedError as refusal:
            resource = subnet_resource(subnet_id)
            self._calls.blind(Facet.CIDR_RESERVATIONS, refusal, resource=resource)
            return
        self._keep("cidr_reservations", reserved)

    def _keep(self, field: str, items: Iterable[object]) -> None:
        self._found.setdefault(field, []).extend(items)
