"""Account 333344445555, where pods have subnets, or an address family, of their own.

Three pairs of clusters, each one as it should be and one that grew: custom networking, subnet
discovery, and IPv6. Then one that is full, and ready to move.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.demo.fleet import EARLY_DEMUX, GOOD_CNI, DemoCluster, good_cluster
from sandbox.demo.network import EVERYWHERE, Site

POD_BLOCK = "100.64.0.0/16"
ROLE_CNI = "kubernetes.io/role/cni"
ANYWHERE = "::/0"
CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
EXTERNAL = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
GONE_SUBNET, GONE_GROUP = "subnet-0b2c3d4e5f6071829", "sg-0b2c3d4e5f6071829"
LINUX_PORTS = (32768, 60999)  # Linux ip-sysctl: ip_local_port_range
TCP = "6"  # IANA protocol numbers


def virginia(account: str, now: dt.datetime) -> None:
    """Fill us-east-1."""
    site = Site(account, "us-east-1", now)
    ledger(site)
    _ledger_legacy(site)
    _catalog(site)
    _catalog_legacy(site)
    mesh(site)
    _mesh_legacy(site)
    _atlas(site)


def _pod_subnets(cluster: DemoCluster, zones: str, **tags: str) -> list[Any]:
    """Give the VPC a block for pods and each of the zones a subnet of it, with the nodes' ways."""
    site, network = cluster.site, cluster.network
    site.ec2.associate_vpc_cidr_block(network.vpc.id, POD_BLOCK, None)
    made = []
    for zone in zones:
        number = "abc".index(zone)
        cidr = f"100.64.{32 * number}.0/19"
        subnet = site.subnet(network.vpc, cidr, zone, f"{cluster.name}-pods", **tags)
        site.ec2.associate_route_table(network.node_tables[number].id, subnet_id=subnet.id)
        made.append(subnet)
    return made


def _configure(
    cluster: DemoCluster,
    env: Mapping[str, str],
    configs: Mapping[str, tuple[str, Sequence[str]]] | None = None,
) -> None:
    """Set the add-on's variables and its ENIConfigs: a subnet and its groups by name."""
    values: dict[str, Any] = {"env": {**GOOD_CNI, **env}}
    if configs:
        subnets = {
            name: {"id": subnet, "securityGroups": list(groups)}
            for name, (subnet, groups) in configs.items()
        }
        values["eniConfig"] = {"create": True, "region": cluster.site.region, "subnets": subnets}
    cluster.cni.configuration_values = json.dumps(values)


def _renew(cluster: DemoCluster, pods: Sequence[Any]) -> None:
    """Let the nodes have all addresses for pods in the pod subnet of their zone."""
    ec2 = cluster.site.ec2
    by_zone = {each.availability_zone: each for each in pods}
    for node in cluster.nodes:
        old = node.nics[1]
        ec2.detach_network_interface(old.attachment_id)
        ec2.delete_network_interface(old.id)
        first = node.nics[0]
        spare = [e["PrivateIpAddress"] for e in first.private_ip_addresses if not e["Primary"]]
        ec2.unassign_private_ip_addresses(first.id, spare)
        home = ec2.get_subnet(node.subnet_id)
        cluster.cni_eni(node, by_zone[home.availability_zone])


def ledger(site: Site) -> None:
    """Custom networking as it should be."""
    cluster = good_cluster(site, "ledger", "10.80")
    pods = _pod_subnets(cluster, "abc")
    env = {
        **CUSTOM,
        "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
        "ENABLE_PREFIX_DELEGATION": "true",
        "MINIMUM_IP_TARGET": "16",
    }
    groups = [cluster.security_group]
    _configure(cluster, env, {each.availability_zone: (each.id, groups) for each in pods})
    _renew(cluster, pods)


def _ledger_legacy(site: Site) -> None:
    """Custom networking half done: zones mixed up and left out, nodes from before."""
    cluster = good_cluster(site, "ledger-legacy", "10.81")
    (pods,) = _pod_subnets(cluster, "b", **{ROLE_CNI: "1"})
    env = {
        **CUSTOM,
        "ENI_CONFIG_LABEL_DEF": "failure-domain.beta.kubernetes.io/zone",
        "ENABLE_SUBNET_DISCOVERY": "true",
        "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS": "10.0.0.0/8,office",
        "ENABLE_NFTABLES": "true",
    }
    configs = {
        f"{site.region}a": (pods.id, ()),
        f"{site.region}b": (GONE_SUBNET, (GONE_GROUP,)),
    }
    _configure(cluster, env, configs)
    _narrow_acl(site, cluster.network.vpc, cluster.network.node[0])


def _narrow_acl(site: Site, vpc: Any, subnet: Any) -> None:
    """Guard the subnet by an ACL that admits answers to the ports of Linux itself only."""
    acl = site.ec2.create_network_acl(vpc.id, tags=[{"Key": "Name", "Value": "answers"}])
    _admit(acl, 100, vpc.cidr_block)
    _admit(acl, 110, EVERYWHERE, LINUX_PORTS)
    _admit(acl, 100, EVERYWHERE, egress=True)
    old = next(
        association
        for each in site.ec2.network_acls.values()
        for association in each._associations.values()
        if association.subnet_id == subnet.id
    )
    site.ec2.replace_network_acl_association(old.id, acl.id)


def _admit(
    acl: Any,
    number: int,
    cidr: str,
    ports: tuple[int, int] | None = None,
    *,
    egress: bool = False,
) -> None:
    """Let the ACL admit TCP to these ports, or all traffic."""
    first, last = ports or (None, None)
    ipv6 = ":" in cidr
    acl.ec2_backend.create_network_acl_entry(
        network_acl_id=acl.id,
        rule_number=number,
        protocol=TCP if ports else "-1",
        rule_action="allow",
        egress=egress,
        cidr_block=None if ipv6 else cidr,
        icmp_code=None,
        icmp_type=None,
        port_range_from=first,
        port_range_to=last,
        ipv6_cidr_block=cidr if ipv6 else None,
    )


def _catalog(site: Site) -> None:
    """Subnet discovery as it should be: nodes' subnets are closed, each zone has one for pods."""
    cluster = good_cluster(site, "catalog", "10.82")
    _pod_subnets(cluster, "abc", **{ROLE_CNI: "1"})
    for subnet in cluster.network.node:
        subnet.add_tags({ROLE_CNI: "0"})
    _configure(cluster, EXTERNAL)


def _catalog_legacy(site: Site) -> None:
    """Subnet discovery by tags that close, mislead or lead nowhere."""
    cluster = good_cluster(site, "catalog-legacy", "10.83")
    network = cluster.network
    tagged = {ROLE_CNI: "1"}
    site.ec2.associate_vpc_cidr_block(network.vpc.id, POD_BLOCK, None)
    pods = site.subnet(network.vpc, "100.64.32.0/19", "b", "catalog-legacy-pods", **tagged)
    late = site.subnet(network.vpc, "10.83.64.0/20", "b", "catalog-legacy-late", **tagged)
    stale = {**tagged, "kubernetes.io/cluster/catalog-2021": "shared"}
    site.subnet(network.vpc, "10.83.48.0/20", "a", "catalog-2021-pods", **stale)
    network.node[0].add_tags({ROLE_CNI: "0"})
    site.group(network.vpc, "catalog-legacy-pods", **tagged)
    site.table(network.vpc, "catalog-legacy-late", [late])
    nat = network.nats[1].id
    table = site.table(network.vpc, "catalog-legacy-pods", [pods], nat_gateway_id=nat)
    gateway = site.ec2.create_transit_gateway("branch offices", None, [])
    site.ec2.create_route(table.id, "192.168.0.0/16", transit_gateway_id=gateway.id)
    configs = {f"{site.region}b": (pods.id, (cluster.security_group,))}
    _configure(cluster, EXTERNAL, configs)


def _dual_stack(cluster: DemoCluster, subnets: Sequence[Any]) -> None:
    """Give the VPC an IPv6 block, and each of these subnets a part of it."""
    ec2, vpc = cluster.site.ec2, cluster.network.vpc
    whole = ec2.associate_vpc_cidr_block(vpc.id, None, amazon_provided_ipv6_cidr_block=True)
    prefix = str(whole["cidr_block"]).removesuffix("00::/56")
    for number, subnet in enumerate(subnets):
        ec2.associate_subnet_cidr_block(subnet.id, f"{prefix}{number:02x}::/64")
        subnet.assign_ipv6_address_on_creation = True
    _as_ec2_does(cluster, str(whole["cidr_block"]))


def _as_ec2_does(cluster: DemoCluster, block: str) -> None:
    """Make what EC2 makes with a VPC's IPv6 block, and moto does not.

    VPC user guide: each route table has a local route for it, and the default network ACL a rule
    101 for ::/0 in each direction.
    """
    ec2, vpc_id = cluster.site.ec2, cluster.network.vpc.id
    for table in ec2.route_tables.values():
        if table.vpc_id == vpc_id:
            ec2.create_route(table.id, None, block, local=True)
    for acl in ec2.network_acls.values():
        if acl.vpc_id == vpc_id:
            _admit(acl, 101, ANYWHERE)
            _admit(acl, 101, ANYWHERE, egress=True)


def _ipv6(cluster: DemoCluster) -> None:
    """Make it an IPv6 cluster."""
    cluster.cluster.kubernetes_network_config = {
        "ipFamily": "ipv6",
        "serviceIpv6Cidr": "fd30:1c53:5f8a::/108",
    }


def mesh(site: Site) -> None:
    """An IPv6 cluster as it should be, some pods with security groups of their own."""
    cluster = good_cluster(site, "mesh", "10.84")
    ec2, network = site.ec2, cluster.network
    _ipv6(cluster)
    _dual_stack(cluster, [*network.control, *network.node])
    gateway = ec2.create_egress_only_internet_gateway(network.vpc.id)
    for table in network.node_tables:
        ec2.create_route(table.id, None, ANYWHERE, egress_only_igw_id=gateway.id)
    for number, eni in enumerate(cluster.x_enis()):
        eni.ipv6_addresses = [f"2001:db8:84::{number + 1}"]
    cluster.configure({"ENABLE_POD_ENI": "true"}, init=EARLY_DEMUX)
    group = site.group(network.vpc, "mesh-pods")
    cluster.admit_dns(group)
    cluster.admit_probes(group)
    for node in cluster.nodes:
        subnet = ec2.get_subnet(node.subnet_id)
        cluster.branch(cluster.trunk(node, subnet), subnet, [group])
    _let_out(cluster)


def _let_out(cluster: DemoCluster) -> None:
    """Let the nodes send to every IPv6 address, unless they may already."""
    ec2, group_id = cluster.site.ec2, cluster.security_group
    group = ec2.get_security_group_from_id(group_id)
    ranges = [rule.ip_range or {} for rule in group.egress_rules]
    if not any(each.get("CidrIpv6") == ANYWHERE for each in ranges):
        ec2.authorize_security_group_egress(
            group_id, "-1", None, None, [{"CidrIpv6": ANYWHERE}], vpc_id=group.vpc_id
        )


def _mesh_legacy(site: Site) -> None:
    """An IPv6 cluster on subnets, nodes and settings that were made for IPv4."""
    cluster = good_cluster(site, "mesh-legacy", "10.85")
    network = cluster.network
    _ipv6(cluster)
    _dual_stack(cluster, network.node[1:])
    network.node[1].assign_ipv6_address_on_creation = False
    cluster.node_group("old", subnets=network.node[:1], instance_type="t2.large", nodes=1)
    cluster.cni.addon_version = "v1.15.5-eksbuild.1"
    env = {**CUSTOM, "ENABLE_POD_ENI": "true", "ENABLE_V4_EGRESS": "false"}
    cluster.configure({**env, "POD_SECURITY_GROUP_ENFORCING_MODE": "permissive"})


def _atlas(site: Site) -> None:
    """An IPv4 cluster with few addresses left, whose subnets have IPv6 blocks already."""
    network = site.network("atlas", "10.86", nodes="/25")
    cluster = DemoCluster(network, "atlas", subnets=network.control[:2])
    cluster.node_group()
    site.flow_log(network.vpc.id)
    _dual_stack(cluster, [*network.control, *network.node])
    for subnet in network.public:
        site.fill(subnet, 20)
