"""What stands between nodes, pods and control plane: one cluster walled in, one wide open."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sandbox.demo.fleet import GOOD_CNI, DemoCluster
from sandbox.demo.network import EVERYWHERE, Site

KUBELET_PORT = 10250  # EKS user guide, sec-group-reqs
SERVERS = (0, 1023)  # IANA: the ports below those that clients take
UNPRIVILEGED = (1025, 65535)  # what modules that make node groups usually open between nodes
TCP = "6"  # IANA protocol numbers; network ACLs take only those
POD_BLOCK = "100.64.0.0/16"  # RFC 6598, as EKS best practices have it for pods


def ireland(account: str, now: dt.datetime) -> None:
    """Add to eu-west-1 a cluster that shuts its own traffic out, and one that does not."""
    site = Site(account, "eu-west-1", now)
    _walled(site)
    _open(site)


def _walled(site: Site) -> None:
    """Nodes reach each other above 1024 only, pods not at all, and one subnet gets no answers."""
    network = site.network("intake", "10.51")
    cluster = DemoCluster(network, "intake", subnets=network.control[:2])
    site.flow_log(network.vpc.id)
    nodes, pods = (site.group(network.vpc, f"intake-{each}") for each in ("nodes", "pods"))
    _admit(site, nodes.id, nodes, UNPRIVILEGED)
    _admit(site, cluster.security_group, nodes, (443, 443))
    cluster.node_group(nodes=3)
    for node, subnet in zip(cluster.nodes, network.node, strict=True):
        node.security_groups = [nodes]  # moto shows an instance's groups on all its interfaces
        for eni in node.nics.values():
            eni._group_set = [nodes]
        cluster.cni_eni(node, subnet, index=2)._group_set = [pods]
    _narrow(site, cluster)
    _one_way(site, network.node[2])


def _admit(site: Site, group_id: str, source: Any, ports: tuple[int, int]) -> None:
    site.ec2.authorize_security_group_ingress(
        group_id,
        "tcp",
        *ports,
        [],
        source_groups=[{"GroupId": source.id}],
        vpc_id=source.vpc_id,
    )


def _narrow(site: Site, cluster: DemoCluster) -> None:
    """Let the control plane out to the kubelets only."""
    group = site.ec2.get_security_group_from_id(cluster.security_group)
    site.only_egress(group, "tcp", KUBELET_PORT, [EVERYWHERE])


def _one_way(site: Site, subnet: Any) -> None:
    """Guard the subnet by an ACL whose author forgot that answers need a rule of their own."""
    acl = site.ec2.create_network_acl(subnet.vpc_id, [{"Key": "Name", "Value": "servers-only"}])
    _line(site, acl, 100, SERVERS, egress=False)
    _line(site, acl, 100, (0, 65535), egress=True)
    _guard(site, acl, [subnet])


def _line(site: Site, acl: Any, number: int, ports: tuple[int, int], *, egress: bool) -> None:
    site.ec2.create_network_acl_entry(
        network_acl_id=acl.id,
        rule_number=number,
        protocol=TCP,
        rule_action="allow",
        egress=egress,
        cidr_block=EVERYWHERE,
        icmp_code=None,
        icmp_type=None,
        port_range_from=ports[0],
        port_range_to=ports[1],
        ipv6_cidr_block=None,
    )


def _guard(site: Site, acl: Any, subnets: Sequence[Any]) -> None:
    wanted = {each.id for each in subnets}
    for other in list(site.ec2.network_acls.values()):
        for association in other.associations:
            if association.subnet_id in wanted:
                site.ec2.replace_network_acl_association(association.id, acl.id)


def _open(site: Site) -> None:
    """Pods have subnets of their own, and the cluster security group there as well."""
    network = site.network("booking", "10.52")
    site.ec2.associate_vpc_cidr_block(network.vpc.id, POD_BLOCK, None)
    cluster = DemoCluster(network, "booking", subnets=network.control[:2], cni=GOOD_CNI)
    site.flow_log(network.vpc.id)
    cluster.node_group(nodes=3)
    zones = zip(cluster.nodes, network.node_tables, "abc", strict=True)
    for number, (node, table, zone) in enumerate(zones):
        cidr = f"100.64.{number * 64}.0/18"
        subnet = site.subnet(network.vpc, cidr, zone, "booking-pods")
        site.ec2.associate_route_table(table.id, subnet_id=subnet.id)
        cluster.cni_eni(node, subnet, index=2)
