"""Account 111122223333: the shops. Six clusters, one of them without a fault."""

import datetime as dt
from typing import Any

from moto.ec2.models import ec2_backends

from sandbox.corrections.clusters import place_x_eni
from sandbox.demo.fleet import EARLY_DEMUX, GOOD_CNI, DemoCluster, good_cluster
from sandbox.demo.network import EVERYWHERE, Network, Site

M5_LARGE_BRANCHES = 9  # amazon-vpc-resource-controller-k8s limits.go: BranchInterface of m5.large


def virginia(account: str, now: dt.datetime) -> None:
    """Fill us-east-1."""
    site = Site(account, "us-east-1", now)
    payments(site)
    _storefront(site)
    _checkout_legacy(site)
    _search(site)


def ireland(account: str, now: dt.datetime) -> None:
    """Fill eu-west-1."""
    site = Site(account, "eu-west-1", now)
    payments, reporting = _payments_eu(site), _reporting(site)
    # Nobody accepted it: until then the requester can be given no CIDR block at all.
    site.ec2.create_vpc_peering_connection(reporting.vpc, payments.vpc, {"Name": "forgotten"})


def payments(site: Site) -> None:
    """Nothing wrong: security groups for pods as they should be, too."""
    cluster = good_cluster(site, "payments", "10.20")
    cluster.configure({**GOOD_CNI, "ENABLE_POD_ENI": "true"}, init=EARLY_DEMUX)
    network = cluster.network
    owned = {f"kubernetes.io/cluster/{cluster.name}": "owned"}
    groups = [
        site.group(network.vpc, "payments-pods", **owned),
        site.group(network.vpc, "payments-database-clients"),
    ]
    for group in groups:
        cluster.admit_dns(group)
    cluster.admit_probes(groups[0])
    for node in cluster.nodes:
        subnet = site.ec2.get_subnet(node.subnet_id)
        cluster.branch(cluster.trunk(node, subnet), subnet, groups)
    _private_ways(network)


def _private_ways(network: Network) -> None:
    """Give the VPC interface endpoints and a transit gateway attachment."""
    site, ec2 = network.site, network.site.ec2
    group = site.group(network.vpc, "endpoints")
    ec2.authorize_security_group_ingress(
        group.id, "tcp", 443, 443, [{"CidrIp": network.vpc.cidr_block}], vpc_id=network.vpc.id
    )
    for service in ("ec2", "ecr.api", "ecr.dkr", "sts"):
        ec2.create_vpc_endpoint(
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
    gateway = ec2.create_transit_gateway("company backbone", None, [])
    ec2.create_transit_gateway_vpc_attachment(
        transit_gateway_id=gateway.id,
        vpc_id=network.vpc.id,
        subnet_ids=[each.id for each in network.control],
        options=None,
        tags={"Name": "payments"},
    )


def peer(account: str, vpc_name: str, other_account: str, other_vpc_name: str) -> None:
    """Connect two VPCs of us-east-1 by an accepted peering."""

    def named(ec2: Any, name: str) -> Any:
        return next(each for each in ec2.vpcs.values() if ("Name", name) in _tags(each))

    ours, theirs = (ec2_backends[each]["us-east-1"] for each in (account, other_account))
    peering = ours.create_vpc_peering_connection(
        named(ours, vpc_name), named(theirs, other_vpc_name), {"Name": f"{vpc_name}-peering"}
    )
    theirs.vpc_pcxs[peering.id] = peering
    theirs.accept_vpc_peering_connection(peering.id)


def _tags(thing: Any) -> set[tuple[str, str]]:
    return {(each["key"], each["value"]) for each in thing.get_tags()}


def _storefront(site: Site) -> None:
    """No room: 3, 5 and 12 free addresses for the control plane, 4 and 80 for nodes and pods."""
    network = site.network("storefront", "10.21", nodes="/24")
    cluster = DemoCluster(network, "storefront")
    cluster.node_group(instance_type="m5.xlarge")
    site.flow_log(network.vpc.id)
    for subnet, free in zip(network.control, (3, 5, 12), strict=True):
        site.fill(subnet, free)
    for subnet, free in zip(network.node, (4, 80), strict=False):
        site.fill(subnet, free, used_by="orders")
    site.fill(network.public[0], 4, used_by="images")


def _checkout_legacy(site: Site) -> None:
    """Everything by its default: an open endpoint, public nodes, no flow log, no managed CNI."""
    network = site.network("checkout-legacy", "172.17", zones="ab")
    network.vpc.enable_dns_hostnames = False
    cluster = DemoCluster(network, "checkout-legacy", subnets=network.public, cni=None)
    cluster.config.update(
        endpointPublicAccess=True, endpointPrivateAccess=False, publicAccessCidrs=[EVERYWHERE]
    )
    cluster.node_group("workers", subnets=network.public, instance_type="t3.large", nodes=2)


def _search(site: Site) -> None:
    """Security groups for pods: a node at its limit, and branch interfaces placed wrongly."""
    network = site.network("search", "10.22")
    cluster = DemoCluster(network, "search")
    _policies(cluster)
    _, nodes = cluster.node_group("pods")
    cluster.node_group("burst", instance_type="t3.large", nodes=1)
    site.flow_log(network.vpc.id)
    trunks = [cluster.trunk(node, site.ec2.get_subnet(node.subnet_id)) for node in nodes]
    owned = {f"kubernetes.io/cluster/{cluster.name}": "owned"}
    good = site.group(network.vpc, "search-pods")
    cluster.admit_dns(good)
    for number in range(M5_LARGE_BRANCHES):
        cluster.branch(trunks[0], network.node[0], [good], vlan=number + 1)
    cluster.branch(trunks[1], network.node[1], [good])
    twice = [site.group(network.vpc, f"search-index-{each}", **owned) for each in "ab"]
    cluster.branch(trunks[1], network.node[1], twice, vlan=2)
    cluster.branch(trunks[1], network.node[1], [good, twice[0]], vlan=3)
    deaf = site.group(network.vpc, "search-no-dns")
    site.only_egress(deaf, "tcp", 443, [EVERYWHERE])
    cluster.branch(trunks[2], network.node[2], [deaf])
    cluster.branch(trunks[2], network.public[2], [good], vlan=2)


def _policies(cluster: DemoCluster) -> None:
    """Let network policies be enforced from a pod's first moment, beside its security groups."""
    env = {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "standard"}
    cluster.configure(
        {
            **env,
            "WARM_IP_TARGET": "2",
            "MINIMUM_IP_TARGET": "8",
            "NETWORK_POLICY_ENFORCING_MODE": "strict",
        },
        enableNetworkPolicy="true",
        nodeAgent={"enablePolicyEventLogs": "true", "enableCloudWatchLogs": "true"},
    )
    cluster.cluster.logging = {
        "clusterLogging": [{"types": ["api", "controllerManager"], "enabled": True}]
    }


def _payments_eu(site: Site) -> Network:
    """Flow logs keep rejects only; a control plane interface stayed in a subnet taken away."""
    network = site.network("payments-eu", "10.30")
    cluster = DemoCluster(network, "payments-eu")
    cluster.node_group()
    site.flow_log(network.vpc.id, traffic="REJECT")
    cluster.config["subnetIds"] = [each.id for each in network.control[1:]]
    return network


def _reporting(site: Site) -> Network:
    """EKS reports trouble; the control plane sits in one zone and misses its security group."""
    network = site.network("reporting", "10.31")
    extra = site.group(network.vpc, "reporting-control-plane")
    cluster = DemoCluster(network, "reporting", groups=[extra])
    group, _ = cluster.node_group("classic", instance_type="m4.large", nodes=2)
    cluster.node_group("batch", instance_type="t2.large", nodes=1)
    site.flow_log(network.vpc.id, seconds=600)
    for eni in cluster.x_enis():
        site.ec2.delete_network_interface(eni.id)
    for _ in range(2):
        eni = place_x_eni(cluster.cluster, network.control[0])
        eni._group_set = [each for each in eni._group_set if each.id != extra.id]
    missing = network.control[2].id
    cluster.issue(cluster.cluster, "Ec2SubnetNotFound", f"Subnet {missing} was not found", missing)
    cluster.issue(group, "AsgInstanceLaunchFailures", "Could not launch on-demand instances")
    cluster.cni.status = "DEGRADED"
    cluster.issue(cluster.cni, "InsufficientNumberOfReplicas", "aws-node is not ready on 1 node")
    return network
