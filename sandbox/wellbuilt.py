"""Clusters built as AWS documents them, one for each way to build: nothing to complain of."""

import datetime as dt
from collections.abc import Mapping

from sandbox.corrections.interfaces import delegate
from sandbox.demo import pods, retail
from sandbox.demo.fleet import DemoCluster
from sandbox.demo.network import Network, Site

MODES: Mapping[str, str] = {
    "payments": "secondary addresses, some pods with security groups of their own",
    "archive": "prefix delegation",
    "ledger": "custom networking",
    "mesh": "IPv6",
    "concierge": "EKS Auto Mode",
    "strongroom": "private: no way to the internet at all",
    "tenant": "a VPC that another account shares, as the participant sees it",
}
"""Every cluster, and what is special about it."""
# EKS user guide, private-clusters: what nodes, identities and common add-ons call
SERVICES = (
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "sts",
    "elasticloadbalancing",
    "logs",
    "eks",
    "eks-auth",
    "ssm",
)
PREFIX_MODE = {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}
HTTPS = 443  # RFC 9110


def seed(account: str, owner: str, region: str, now: dt.datetime) -> None:
    """Make the clusters in one Region of ``account``; ``owner`` shares a VPC with it."""
    site = Site(account, region, now)
    retail.payments(site)
    _archive(site)
    pods.ledger(site)
    pods.mesh(site)
    _concierge(site)
    _strongroom(site)
    _tenant(site, owner)


def _archive(site: Site) -> None:
    network = site.network("archive", "10.2")
    cluster = DemoCluster(network, "archive", subnets=network.control[:2], cni=PREFIX_MODE)
    _, nodes = cluster.node_group(secondary=0)
    for node in nodes:
        delegate(node.nics[1], 1)
    site.flow_log(network.vpc.id)


def _concierge(site: Site) -> None:
    """Auto Mode brings its own CNI, CoreDNS and kube-proxy: no add-on, no node group."""
    network = site.network("concierge", "10.3")
    cluster = DemoCluster(network, "concierge", subnets=network.control[:2], auto_mode=True)
    site.flow_log(network.vpc.id)
    for subnet in network.node:
        reservation = site.ec2.run_instances(
            "ami-0abcdef1234567890",
            1,
            None,
            [],
            security_group_ids=[cluster.security_group],
            instance_type="m5.large",
            subnet_id=subnet.id,
            region_name=site.region,
            is_instance_type_default=True,
            tags={"instance": {"eks:eks-cluster-name": cluster.name}},
        )
        delegate(reservation.instances[0].nics[0], 1)


def _strongroom(site: Site) -> None:
    """Interface endpoints instead of a way out, and an API server without a public endpoint."""
    network = _private_network(site, "strongroom", "10.4")
    cluster = DemoCluster(network, "strongroom", subnets=network.control[:2])
    cluster.config.update(endpointPublicAccess=False, publicAccessCidrs=[])
    cluster.node_group()
    site.flow_log(network.vpc.id)
    group = site.group(network.vpc, "endpoints")
    site.ec2.authorize_security_group_ingress(
        group.id, "tcp", HTTPS, HTTPS, [{"CidrIp": network.vpc.cidr_block}], vpc_id=group.vpc_id
    )
    for service in SERVICES:
        site.ec2.create_vpc_endpoint(
            network.vpc.id,
            f"com.amazonaws.{site.region}.{service}",
            "Interface",
            None,
            [],
            subnet_ids=[each.id for each in network.node],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            tags={"Name": service},
        )


def _private_network(site: Site, name: str, base: str) -> Network:
    """Make node and cluster subnets in three zones whose tables lead nowhere but to S3."""
    vpc = site.vpc(name, f"{base}.0.0/16")
    inner = {"kubernetes.io/role/internal-elb": "1"}
    node, control = [], []
    for number, zone in enumerate("abc"):
        cidr = f"{base}.{16 + 4 * number}.0/22"
        node.append(site.subnet(vpc, cidr, zone, f"{name}-node", **inner))
        cidr = f"{base}.8.{32 * number}/27"
        control.append(site.subnet(vpc, cidr, zone, f"{name}-control"))
    tables = [site.table(vpc, f"{name}-node", [each]) for each in node]
    s3 = f"com.amazonaws.{site.region}.s3"
    site.ec2.create_vpc_endpoint(vpc.id, s3, "Gateway", None, [each.id for each in tables])
    return Network(
        site=site,
        vpc=vpc,
        gateway=None,
        public=[],
        node=node,
        control=control,
        nats=[],
        public_table=None,
        node_tables=tables,
        control_table=site.table(vpc, f"{name}-control", control),
    )


def _tenant(site: Site, owner: str) -> None:
    """Make a cluster in a VPC of another account, of which moto shows the participant nothing.

    VPC user guide, vpc-share-limitations and vpc-sharing-responsibilities: a participant sees the
    subnets, and the route tables and network ACLs of those that are shared; no tags of the owner,
    and none of its gateways, endpoints and flow logs.
    """
    home = Site(owner, site.region, site.now)
    network = home.network("tenant", "10.5")
    vpc_id, theirs, ours = network.vpc.id, home.ec2, site.ec2
    ours.vpcs[vpc_id] = network.vpc
    for subnet in (*network.public, *network.node, *network.control):
        ours.subnets[subnet.availability_zone][subnet.id] = subnet
    for kind in ("route_tables", "network_acls"):
        shared = {k: v for k, v in getattr(theirs, kind).items() if v.vpc_id == vpc_id}
        getattr(ours, kind).update(shared)
    for things in (ours.vpcs, *ours.subnets.values(), ours.route_tables, ours.network_acls):
        for each in things.values():
            if each.ec2_backend is theirs:
                theirs.delete_tags([each.id], {tag["key"]: None for tag in each.get_tags()})
    network.site = site
    cluster = DemoCluster(network, "tenant", subnets=network.control[:2])
    cluster.node_group()
