"""The value of each fact of a plan, read from a snapshot in which nothing hides it.

Ids that a plan can't know before it is carried out stand in none of them.
"""

import dataclasses
from collections.abc import Iterable

from eksnet.cni.env_vars import read_version
from eksnet.model.network import Peering, RouteTable, Subnet
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN, PLAN_TAG
from eksnet.model.snapshot import (
    Blind,
    Facet,
    Snapshot,
    addon_by_cluster_and_name,
    cluster_by_name,
    enis_by_subnet,
    subnets_by_vpc,
    vpc_by_id,
)
from eksnet.network.cidr import block
from eksnet.network.new_subnets import default_acl
from eksnet.network.proposal import GONE, PEERINGS_API, PREFIX_LIST, owned_elsewhere
from eksnet.network.routes import ANYWHERE, table_by_subnet, tables_by_vpc
from eksnet.plan.configuration import configured, natural
from eksnet.plan.logs import logs_of, said
from eksnet.plan.natural import explicit_table, is_planned, parts, subnet_at, subnets_at, written

LOCAL = "local"  # EC2 API reference, Route: the target of the route to the VPC's own blocks
_CLUSTER_TAGS = (  # by which a cluster finds subnets; other tags are other people's business
    "kubernetes.io/",  # EKS user guide, network-reqs: role/elb, role/internal-elb, cluster/NAME
    "k8s.amazonaws.com/",  # README of the VPC CNI: eniConfig and its like
    "cni.networking.k8s.aws/",  # VPC CNI, awsutils.go: cluster/NAME
    "karpenter.sh/",  # Karpenter's documentation, NodeClasses: discovery
)
ENDED = frozenset({"deleted", "rejected", "failed", "expired"})  # VpcPeeringConnectionStateReason
FOREIGN = "OwnedByAnotherAccount"
FAILED = "_FAILED"  # how CREATE_FAILED and its like end: EKS API reference, Addon: status


def vpc(snapshot: Snapshot, of: str) -> object:
    """Whose the VPC is, and whether it may be changed."""
    found = vpc_by_id(snapshot).get(of)
    if found is None:
        return None
    return {"owner": found.owner_id, "opted_in": found.tags.get(OPT_IN_TAG) == OPTED_IN}


def blocks(snapshot: Snapshot, of: str) -> object:
    """Each block of the VPC with its state, those left out that are gone."""
    found = vpc_by_id(snapshot).get(of)
    return found and sorted([each.cidr, each.state] for each in found.cidrs if _lives(each.state))


def _lives(state: str) -> bool:
    return state not in GONE


def subnets_in(snapshot: Snapshot, of: str) -> object:
    """The VPC's subnets that share an address with the block, each with its zone."""
    vpc_id, cidr = parts(of)
    own = subnets_by_vpc(snapshot).get(vpc_id, ())
    return sorted([each.cidr, each.az_id] for each in own if _overlaps(each.cidr, cidr))


def _overlaps(one: str, other: str) -> bool:
    return bool(one) and block(one).overlaps(block(other))


def destinations(snapshot: Snapshot, of: str) -> object:
    """Where the VPC's tables route to within the block; what a prefix list holds is not seen."""
    vpc_id, cidr = parts(of)
    tables = tables_by_vpc(snapshot).get(vpc_id, ())
    if not tables and vpc_id in vpc_by_id(snapshot):
        # Every VPC has a main route table: one without was not shown.
        return Blind(facet=Facet.ROUTE_TABLES, api="ec2:DescribeRouteTables", error="NotShown")
    routes = (r for table in tables for r in table.routes if r.target != LOCAL)
    return sorted({r.destination for r in routes if _leads_into(r.destination, cidr)})


def _leads_into(destination: str, cidr: str) -> bool:
    if destination.startswith(PREFIX_LIST):
        return True
    return destination != ANYWHERE and ":" not in destination and _overlaps(destination, cidr)


def peerings(snapshot: Snapshot, of: str) -> object:
    """The VPC's peerings that are in force or may be, with the blocks of the other side."""
    if _foreign(snapshot, of):
        return Blind(facet=Facet.PEERINGS, api=PEERINGS_API, error=FOREIGN)
    return sorted(
        [each.id, each.status, _other_side(each, of)]
        for each in snapshot.peerings
        if of in (each.requester.vpc_id, each.accepter.vpc_id) and each.status not in ENDED
    )


def _other_side(peering: Peering, vpc_id: str) -> list[str]:
    ours = peering.requester.vpc_id == vpc_id
    return sorted((peering.accepter if ours else peering.requester).cidrs)


def _foreign(snapshot: Snapshot, vpc_id: str) -> bool:
    found = vpc_by_id(snapshot).get(vpc_id)
    return found is not None and owned_elsewhere(snapshot, found.owner_id)


def clusters(snapshot: Snapshot, of: str) -> object:
    """The clusters in the VPC: which they are, and what they promise addresses to."""
    described = cluster_by_name(snapshot)
    if unread := sorted(set(snapshot.cluster_names) - described.keys()):
        return Blind(
            facet=Facet.CLUSTERS,
            api="eks:DescribeCluster",
            error="NotCollected",
            cluster=unread[0],
        )
    return sorted(
        [
            each.name,
            each.arn,
            each.created_at and each.created_at.isoformat(),
            each.service_ipv4_cidr,
            sorted({*each.remote_node_cidrs, *each.remote_pod_cidrs}),
        ]
        for each in described.values()
        if each.vpc_id == of
    )


def route_table(snapshot: Snapshot, of: str) -> object:
    """Whose the table is and where it leads, but for the routes within the VPC."""
    found = next((each for each in snapshot.route_tables if each.id == of), None)
    return found and {"vpc": found.vpc_id, "routes": _ways(found)}


def _ways(table: RouteTable) -> list[list[str]]:
    routes = (each for each in table.routes if each.target != LOCAL)
    return sorted([each.destination, each.target, each.state] for each in routes)


def subnet(snapshot: Snapshot, of: str) -> object:
    """What a subnet was made with; of its tags those that mean something to a cluster."""
    found = _one_subnet(snapshot, of)
    if not isinstance(found, Subnet):
        return found
    return {
        "az_id": found.az_id,
        "tags": {key: v for key, v in found.tags.items() if key.startswith(_CLUSTER_TAGS)},
        "map_public_ip": found.map_public_ip,
        "assign_ipv6": found.assign_ipv6,
    }


def _one_subnet(snapshot: Snapshot, of: str) -> Subnet | Blind | None:
    vpc_id, cidr = parts(of)
    if len(subnets_at(snapshot, vpc_id, cidr)) > 1:
        return Blind(facet=Facet.SUBNETS, api="ec2:DescribeSubnets", error="AmbiguousAnswer")
    return subnet_at(snapshot, vpc_id, cidr)


def subnet_routes(snapshot: Snapshot, of: str) -> object:
    """The route table that the subnet is associated with explicitly."""
    found = _one_subnet(snapshot, of)
    if not isinstance(found, Subnet):
        return found
    table = explicit_table(snapshot, found.id)
    return table and table.id


def effective_routes(snapshot: Snapshot, of: str) -> object:
    """The table that a subnet follows, its own or the VPC's main one, and where that leads."""
    found = _one_subnet(snapshot, of)
    if not isinstance(found, Subnet):
        return found
    table = table_by_subnet(snapshot).get(found.id)
    if table is None:
        return Blind(facet=Facet.ROUTE_TABLES, api="ec2:DescribeRouteTables", error="NotShown")
    return {"table": table.id, "routes": _ways(table)}


def default_network_acl(snapshot: Snapshot, of: str) -> object:
    """What the network ACL says that guards the VPC's new subnets."""
    found = default_acl(snapshot, of)
    if found is None and of in vpc_by_id(snapshot):
        # Every VPC has a default network ACL: one without was not shown.
        return Blind(facet=Facet.NETWORK_ACLS, api="ec2:DescribeNetworkAcls", error="NotShown")
    entries = map(dataclasses.asdict, found.entries) if found else ()
    return found and {"acl": found.id, "entries": _in_order(entries)}


def reservations(snapshot: Snapshot, of: str) -> object:
    """The subnet's CIDR reservations."""
    found = _one_subnet(snapshot, of)
    if isinstance(found, Blind):
        return found
    own = [each for each in snapshot.cidr_reservations if found and each.subnet_id == found.id]
    if found and not own and not _reservations_read(snapshot, found):
        api = "ec2:GetSubnetCidrReservations"
        return Blind(facet=Facet.CIDR_RESERVATIONS, api=api, error="NotCollected")
    return sorted([each.cidr, each.kind] for each in own)


def _reservations_read(snapshot: Snapshot, found: Subnet) -> bool:
    """Reservations are read where prefixes are in use, and where a plan made the subnet."""
    prefixes = (eni.prefixes for eni in enis_by_subnet(snapshot).get(found.id, ()))
    return is_planned(found.id) or PLAN_TAG in found.tags or any(prefixes)


def flow_logs(snapshot: Snapshot, of: str) -> object:
    """What each flow log of the VPC says."""
    if _foreign(snapshot, of):
        return Blind(facet=Facet.FLOW_LOGS, api="ec2:DescribeFlowLogs", error=FOREIGN)
    logs = logs_of(snapshot, of)
    return _in_order({**said(snapshot.target, log), "status": log.status} for log in logs)


def _in_order(values: Iterable[object]) -> list[object]:
    return sorted(values, key=written)


def addon(snapshot: Snapshot, of: str) -> object:
    """The add-on's configuration, and whether it stands as it was asked for."""
    cluster, name = parts(of)
    found = addon_by_cluster_and_name(snapshot).get((cluster, name))
    if found is None:
        return None
    described = cluster_by_name(snapshot).get(cluster)
    value = configured(found.configuration)
    known = natural(snapshot, described.vpc_id if described else "", value)
    failed = {"failed": True} if found.status.endswith(FAILED) else {}
    return {"configuration": known, **failed}


def addon_version(snapshot: Snapshot, of: str) -> object:
    """The minor release of the add-on: what a setting means changes with no smaller one."""
    found = addon_by_cluster_and_name(snapshot).get(parts(of))
    version = found and read_version(found.version)
    return version[:2] if version else found and found.version
