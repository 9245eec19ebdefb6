"""Account 222233334444, where addresses come in blocks and run into limits that nobody looks at.

Three clusters: prefix mode in subnets too small for it, expensive nodes by the default settings,
and custom networking that leaves pods no interface.
"""

import datetime as dt
import ipaddress
from typing import Any

from sandbox.corrections.interfaces import delegate
from sandbox.corrections.quotas import apply_quota
from sandbox.demo.fleet import GOOD_CNI, DemoCluster
from sandbox.demo.network import Network, Site

INTERFACES = "L-DF5E4CA3"  # Service Quotas: network interfaces per Region
NODE_ADDRESSES = 29  # EC2 instance types guide: 30 addresses on each interface of an m5.4xlarge
TEAMS = 155  # with the network's own nine, more than four fifths of the 200 a VPC may have
OFFICES, RULES = 42, 50  # of 50 routes and 60 rules
GROUPS = 5  # the most on an interface, by default


def virginia(account: str, now: dt.datetime) -> None:
    """Add to us-east-1 three clusters short of blocks, of addresses and of interfaces."""
    site = Site(account, "us-east-1", now)
    _analytics(site)
    _inference(site)
    _etl(site)
    held = sum(eni.owner_id == account for eni in site.ec2.enis.values())
    apply_quota(account, site.region, INTERFACES, held * 10 // 9)  # AWS keeps new accounts small


def _analytics(site: Site) -> None:
    """Prefix mode without a warm prefix, in subnets broken up, reserved late, and shared."""
    network = site.network("analytics", "10.43", nodes="/25")
    cluster = DemoCluster(
        network,
        "analytics",
        cni={"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "0"},
    )
    _, nodes = cluster.node_group("blocks", instance_type="c5.2xlarge", secondary=0)
    _, before = cluster.node_group("before", subnets=network.node[2:], nodes=1)
    for node in (*nodes, *before):
        delegate(node.nics[1], 1)
    site.flow_log(network.vpc.id)
    for number in range(2, 7):
        _single(site, network.node[0], 16 * number + 4)
    _single(site, network.node[1], 70)
    late = ipaddress.ip_network("10.43.20.64/26")
    network.node[1].create_cidr_reservation("prefix", late)


def _single(site: Site, subnet: Any, number: int) -> None:
    """Take one address of a subnet, as a load balancer that came and stayed."""
    eni = site.ec2.create_network_interface(subnet, str(subnet.cidr[number]), description="reports")
    eni.status = "in-use"


def _inference(site: Site) -> None:
    """Dear nodes with the default targets in a full subnet; a VPC that reached its quotas."""
    network = site.network("inference", "10.44", nodes="/24")
    env = {"WARM_PREFIX_TARGET": "2", "AWS_VPC_ENI_MTU": "10000"}
    cluster = DemoCluster(network, "inference", cni=env)
    group, _ = cluster.node_group("gpu", instance_type="g5.xlarge")
    group.instance_types = ["g5.xlarge", "g5.4xlarge"]
    _, (large,) = cluster.node_group(
        "models",
        subnets=network.node[1:2],
        instance_type="m5.4xlarge",
        nodes=1,
        secondary=NODE_ADDRESSES,
    )
    for index in (2, 3, 4):
        cluster.cni_eni(large, network.node[1], index=index, secondary=NODE_ADDRESSES)
    site.flow_log(network.vpc.id)
    site.fill(network.node[0], 20, used_by="embeddings")
    _windows(network, cluster)
    _reach_quotas(site, network, cluster)
    spare = [site.group(network.vpc, f"inference-{number}") for number in range(GROUPS)]
    large.nics[2]._group_set = spare


def _windows(network: Network, cluster: DemoCluster) -> None:
    """Plan Windows nodes in the full subnet and in one with room, beside the others."""
    places = [network.node[0], network.node[2]]
    group, _ = cluster.node_group("reports", subnets=places, nodes=0)
    group.ami_type = "WINDOWS_CORE_2022_x86_64"
    group.scaling_config = {"minSize": 0, "maxSize": 2, "desiredSize": 0}


def _reach_quotas(site: Site, network: Network, cluster: DemoCluster) -> None:
    """Give every team a subnet, every office a route and every customer a rule."""
    teams = ipaddress.ip_network("10.44.128.0/17").subnets(new_prefix=28)
    for number, cidr in zip(range(TEAMS), teams, strict=False):
        site.subnet(network.vpc, str(cidr), "abc"[number % 3], f"team-{number}")
    gateway = site.ec2.create_transit_gateway("offices", None, [])
    for number in range(OFFICES):
        site.ec2.create_route(
            network.node_tables[0].id,
            f"192.168.{number}.0/24",
            transit_gateway_id=gateway.id,
        )
    site.ec2.authorize_security_group_ingress(
        cluster.security_group,
        "tcp",
        443,
        443,
        [{"CidrIp": f"198.51.100.{number}/32"} for number in range(RULES)],
        vpc_id=network.vpc.id,
    )


def _etl(site: Site) -> None:
    """Custom networking beside MAX_ENI=1, and a minimum that no node can use."""
    network = site.network("etl", "10.45")
    cluster = DemoCluster(
        network,
        "etl",
        cni={
            **GOOD_CNI,
            "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
            "MAX_ENI": "1",
            "MINIMUM_IP_TARGET": "40",
            "DISABLE_METRICS": "true",
        },
    )
    cluster.node_group("jobs", nodes=2)
    site.flow_log(network.vpc.id)
