"""Ways in, out and about: a cluster shut in, and one that grew without a plan."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from sandbox.corrections.addons import put_addon
from sandbox.corrections.interfaces import delegate, hold
from sandbox.demo.fleet import GOOD_CNI, DemoCluster
from sandbox.demo.network import EVERYWHERE, Network, Site

HTTPS = 443  # EKS user guide, private-clusters
INNER_ROLE = "kubernetes.io/role/internal-elb"  # EKS user guide, network-reqs
GRACEFUL = ".:53 {\n  errors\n  health {\n    lameduck 30s\n  }\n  ready\n}\n"
HASTY = ".:53 {\n  errors\n  health\n  ready\n}\n"
OLD_PROXY = "v1.31.14-eksbuild.2"  # four minor versions behind 1.35
BALANCERS = (  # a name, its kind and in how many zones it is
    ("k8s-ledger-archive-5f1c0a9b7d", "net", 2),
    ("k8s-ledger-upload-91d3c2e4aa", "net", 1),
    ("a3f8c1d2e4b5f4a6c8d7e9f0a1b2c3d4", "classic", 2),  # named by Kubernetes' own code
)


def ireland(account: str, now: dt.datetime) -> None:
    """Add to eu-west-1 a cluster without a way out, and one with too many ways."""
    site = Site(account, "eu-west-1", now)
    _kiosk(site, _vault(site))


def _vault(site: Site) -> Network:
    """No way out, and half of the endpoints that this takes; its addresses are used twice."""
    network = site.network("vault", "10.53", zones="ab")
    cluster = DemoCluster(network, "vault")
    cluster.node_group("ledger", nodes=2)
    site.flow_log(network.vpc.id)
    for table in (network.public_table, *network.node_tables):
        site.ec2.delete_route(table.id, EVERYWHERE)
    open_group, deaf = (site.group(network.vpc, f"endpoints-{each}") for each in ("open", "deaf"))
    _admit(site, open_group, "10.53.0.0/16")
    _endpoint(network, "ecr.api", network.node, open_group)
    _endpoint(network, "sts", network.node, deaf)
    _endpoint(network, "logs", network.node[:1], open_group, private_dns=False)
    network.node[0].add_tags({"kubernetes.io/cluster/vault": "shared"})
    network.node[1].add_tags({"kubernetes.io/cluster/vault-blue": "shared"})
    _balancers(network)
    _corefile(cluster, {"corefile": GRACEFUL})
    left = cluster.leak(network.node[0], days=30)
    left.add_tags({"cluster.k8s.amazonaws.com/name": "vault-blue"})
    return network


def _kiosk(site: Site, vault: Network) -> None:
    """One zone, one CoreDNS, an old proxy, and nodes of two kinds in one subnet."""
    network = site.network("kiosk", "10.54")
    address = f"https://0A1B2C3D.gr7.{site.region}.eks.amazonaws.com"
    env = {"CLUSTER_ENDPOINT": address, "NETWORK_POLICY_ENFORCING_MODE": "strict"}
    cluster = DemoCluster(network, "kiosk", cni={**GOOD_CNI, **env})
    cluster.config["endpointPrivateAccess"] = False
    cluster.cluster.version = "1.35"
    cluster.node_group(subnets=network.node[:1], nodes=2)
    block = cluster.node(network.node[0], "m5.large", "general", secondary=0)
    delegate(block.nics[1], 1)
    site.flow_log(network.vpc.id)
    site.ec2.delete_tags([each.id for each in network.node[1:]], {INNER_ROLE: None})
    _corefile(cluster, {"corefile": HASTY, "replicaCount": 1})
    proxy = _addon(cluster, "kube-proxy", {"mode": "ipvs"})
    proxy.addon_version = OLD_PROXY
    _backbone(network, vault)


def _backbone(network: Network, vault: Network) -> None:
    """Join both, and a copy of the vault's VPC, by a transit gateway that hides services."""
    site, ec2 = network.site, network.site.ec2
    copy = site.vpc("vault-restored", vault.vpc.cidr_block)
    there = site.subnet(copy, "10.53.16.0/22", "a", "vault-restored")
    gateway = ec2.create_transit_gateway("data backbone", None, [])
    for vpc, subnet in (
        (network.vpc, network.control[0]),
        (vault.vpc, vault.control[0]),
        (copy, there),
    ):
        ec2.create_transit_gateway_vpc_attachment(
            transit_gateway_id=gateway.id, vpc_id=vpc.id, subnet_ids=[subnet.id], options=None
        )
    service = "172.20.64.0/20"  # an office inside the range that services have
    ec2.create_route(network.node_tables[0].id, service, transit_gateway_id=gateway.id)


def _admit(site: Site, group: Any, cidr: str) -> None:
    site.ec2.authorize_security_group_ingress(
        group.id, "tcp", HTTPS, HTTPS, [{"CidrIp": cidr}], vpc_id=group.vpc_id
    )


def _endpoint(
    network: Network, service: str, subnets: Sequence[Any], group: Any, *, private_dns: bool = True
) -> None:
    network.site.ec2.create_vpc_endpoint(
        network.vpc.id,
        f"com.amazonaws.{network.site.region}.{service}",
        "Interface",
        None,
        [],
        subnet_ids=[each.id for each in subnets],
        security_group_ids=[group.id],
        private_dns_enabled=private_dns,
        tags={"Name": service},
    )


def _balancers(network: Network) -> None:
    for name, kind, zones in BALANCERS:
        for subnet in network.node[:zones]:
            text = f"ELB {name}" if kind == "classic" else f"ELB {kind}/{name}/50dc6c495c0c9188"
            eni = network.site.ec2.create_network_interface(subnet, None, description=text)
            hold(eni, "amazon-elb")
            if kind == "net":
                eni.interface_type = "network_load_balancer"


def _addon(cluster: DemoCluster, name: str, settings: dict[str, Any]) -> Any:
    """Put the add-on in place of the one that is there, with these settings."""
    del cluster.cluster.addons[name]
    return put_addon(cluster.backend, cluster.name, name, configuration=json.dumps(settings))


def _corefile(cluster: DemoCluster, settings: dict[str, Any]) -> None:
    _addon(cluster, "coredns", settings)
