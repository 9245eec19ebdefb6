"""Account 222233334444: data and tools. Four clusters."""

import datetime as dt
import json
from typing import Any

from sandbox.corrections.interfaces import delegate
from sandbox.demo.fleet import CLUSTER_POLICY, DemoCluster
from sandbox.demo.network import DEFAULT_FORMAT, Site

SECONDARY_BLOCKS = 4  # with the primary one the VPC then has 5, the default quota L-83CA0A9D


def virginia(account: str, now: dt.datetime) -> None:
    """Fill us-east-1."""
    site = Site(account, "us-east-1", now)
    _ml_training(site)
    _feature_store(site)
    _batch(site)


def ireland(account: str, now: dt.datetime) -> None:
    """Fill eu-west-1."""
    _internal_tools(Site(account, "eu-west-1", now))


def _ml_training(site: Site) -> None:
    """Cluster subnets where EKS cannot put them; trunks left over from before."""
    network = site.network("ml-training", "10.40")
    cluster = DemoCluster(network, "ml-training", cni={"ENABLE_POD_ENI": "false"})
    _, nodes = cluster.node_group("gpu", instance_type="m5.4xlarge", nodes=2)
    site.flow_log(network.vpc.id)
    cluster.trunk(nodes[0], network.node[0])
    odd_zone = site.subnet(network.vpc, "10.40.9.0/27", "e", "ml-training-control")
    outpost = site.subnet(network.vpc, "10.40.9.32/27", "a", "ml-training-outpost")
    outpost.outpost_arn = (
        f"arn:aws:outposts:{site.region}:{site.account}:outpost/op-0e32example1a2b3c"
    )
    cluster.config["subnetIds"] += [odd_zone.id, outpost.id]


def _feature_store(site: Site) -> None:
    """Security groups and network policies for pods, switched on without what either needs."""
    network = site.network("feature-store", "10.41")
    cluster = DemoCluster(
        network,
        "feature-store",
        policies=(CLUSTER_POLICY,),
    )
    env = {"ENABLE_POD_ENI": "true", "WARM_IP_TARGET": "1", "ENABLE_BANDWIDTH_PLUGIN": "true"}
    cluster.configure(env, enableNetworkPolicy="true")
    cluster.cluster.addons["kube-proxy"].configuration_values = json.dumps({"mode": "ipvs"})
    cluster.node_group(instance_type="m5.xlarge")
    site.flow_log(network.vpc.id, failed=True)
    _stranded(cluster, network.node[2])


def _stranded(cluster: DemoCluster, subnet: Any) -> None:
    """Let one node give a pod its own interface, which nobody reaches and which has no way out."""
    site, network = cluster.site, cluster.network
    group = site.group(network.vpc, "feature-store-pods")
    cluster.admit_dns(group)
    cluster.branch(cluster.trunk(cluster.nodes[2], subnet), subnet, [group])
    network.nats[2].state = "deleting"


def _batch(site: Site) -> None:
    """One zone, one interface; no warm addresses; flow logs that hide the pods; prefixes."""
    network = site.network("batch", "10.42")
    cluster = DemoCluster(network, "batch", cni={"MINIMUM_IP_TARGET": "12"})
    _, nodes = cluster.node_group("spot", instance_type="c5.2xlarge", nodes=4, secondary=0)
    site.flow_log(network.vpc.id, fields=DEFAULT_FORMAT)
    site.ec2.delete_network_interface(cluster.x_enis()[0].id)
    cluster.config["subnetIds"] = [network.control[1].id]
    cluster.configure(
        {
            "MINIMUM_IP_TARGET": "12",
            "ENABLE_PREFIX_DELEGATION": "true",
            "IP_COOLDOWN_PERIOD": "0",
        }
    )
    for node in nodes:
        delegate(node.nics[1], 2)


def _internal_tools(site: Site) -> None:
    """A public endpoint only, and nodes that cannot reach it; every CIDR block used up."""
    network = site.network("internal-tools", "10.50")
    cluster = DemoCluster(network, "internal-tools", subnets=network.public)
    cluster.config["endpointPrivateAccess"] = False
    for table in network.node_tables:
        site.ec2.delete_route(table.id, "0.0.0.0/0")
    group, _ = cluster.node_group("tools", nodes=2)
    group.subnets.append("subnet-0a1b2c3d4e5f60718")
    site.flow_log(network.vpc.id)
    for number in range(SECONDARY_BLOCKS):
        site.ec2.associate_vpc_cidr_block(network.vpc.id, f"100.{64 + number}.0.0/16", None)
