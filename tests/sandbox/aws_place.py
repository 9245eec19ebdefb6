"""The corrected moto as a place that repairs call, through the hands and eyes that call AWS."""

import functools
from typing import Any

from eksnet.apply.aws_doors import Doors, Key
from eksnet.apply.aws_eyes import AwsEyes
from eksnet.apply.aws_hands import AwsHands
from eksnet.collect.session import Session
from eksnet.model.plan import About, Fact, Plan
from eksnet.model.snapshot import Target
from tests import build
from tests.sandbox.clients import Aws
from tests.store.plans import plan

ADDON_ROLE = "arn:aws:iam::111122223333:role/cni"


@functools.cache
def doors(account: str = build.ACCOUNT) -> Doors:
    """Return the doors to the sandbox; its clients, of whole models, are made once for all."""
    return Doors(Session(), a_plan(account), Key(home=build.TARGET, role="", external_id=""))


def a_plan(account: str = build.ACCOUNT, *, of_clusters: bool = True) -> Plan:
    """Return a plan for the sandbox, which rests on the clusters of a VPC."""
    fact = Fact(about=About.CLUSTERS, of="vpc-0a", value="[]")
    target = Target(account_id=account, region=build.REGION)
    return plan(target=target, facts=(fact,) if of_clusters else ())


class AwsPlace:
    """A VPC 10.0.0.0/16 with a main route table, another one, and a cluster with its add-on."""

    zone_id, cluster = "euw1-az1", "payments"
    group = f"arn:aws:logs:{build.REGION}:{build.ACCOUNT}:log-group:kept"
    role = f"arn:aws:iam::{build.ACCOUNT}:role/flow"

    def __init__(self) -> None:
        self.aws = Aws(build.REGION)
        self.hands, self.eyes = AwsHands(doors()), AwsEyes(doors())
        self.vpc_id = self.aws.vpc()
        self.other_table = self._table(self.vpc_id)
        self.far_table = self._table(self.aws.vpc("10.9.0.0/16"))
        subnets = [
            self.aws.subnet(self.vpc_id, f"10.0.{250 + n}.0/24", zone)
            for n, zone in enumerate("ab")
        ]
        self.aws.cluster(subnets)
        self.aws.eks.create_addon(
            clusterName=self.cluster, addonName="vpc-cni", serviceAccountRoleArn=ADDON_ROLE
        )
        self.aws.client("s3").create_bucket(
            Bucket="kept", CreateBucketConfiguration={"LocationConstraint": build.REGION}
        )
        self.aws.client("logs").create_log_group(logGroupName="kept")

    def _table(self, vpc_id: str) -> str:
        table: str = self.aws.ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
        return table

    def settle(self) -> None:
        """Look until what is on its way has come: in the sandbox what takes time takes looks."""
        for _ in range(3):
            self.aws.ec2.describe_vpcs()
            self.aws.eks.describe_addon(clusterName=self.cluster, addonName="vpc-cni")

    def person_makes_subnet(self, cidr: str) -> str:
        return self.aws.subnet(self.vpc_id, cidr)

    def person_makes_interface(self, subnet_id: str) -> None:
        self.aws.ec2.create_network_interface(SubnetId=subnet_id)

    def person_adds_route(self, destination: str) -> None:
        gateway = self.aws.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.aws.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc_id)
        self.aws.ec2.create_route(
            RouteTableId=self.other_table, DestinationCidrBlock=destination, GatewayId=gateway
        )

    def person_tags(self, subnet_id: str, key: str, value: str) -> None:
        tags: list[Any] = [{"Key": key, "Value": value}]
        self.aws.ec2.create_tags(Resources=[subnet_id], Tags=tags)
