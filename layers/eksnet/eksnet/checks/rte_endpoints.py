"""VPC endpoints where there is no other way to AWS, and where they spare the NAT gateway."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.membership import Found, UsedSubnet, nodes_by_cluster, used_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Route, RouteTable, Subnet, VpcEndpoint
from eksnet.model.resource import route_table_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    derived,
    grouped,
    nat_by_id,
    subnet_by_id,
)
from eksnet.network.proposal import owned_elsewhere
from eksnet.network.routes import (
    ANYWHERE,
    Exit,
    default_route,
    exit_of,
    gateway_endpoints,
    table_by_subnet,
)

PRIVATE_CLUSTERS = "https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"
NODES = frozenset({Found.NODE_GROUP, Found.INSTANCE})
KARPENTER = ("karpenter.sh/nodepool", "karpenter.sh/provisioner-name")  # tags of its instances
S3 = "s3"
ANYWHERE_V6 = "::/0"
INTERNET = ("igw-", "eigw-")  # ways to the internet, not to another network
AVAILABLE = "available"  # EC2 API reference: NatGatewayState, and State of a VpcEndpoint
# EKS user guide, private-clusters: what joining takes, what identities take, what some add-ons take
JOINING = frozenset({"ec2", "ecr.api", "ecr.dkr", S3})
IDENTITY = frozenset({"sts"})
OPTIONAL = frozenset({"elasticloadbalancing", "logs"})
FOR_KARPENTER = frozenset({"ssm"})  # EKS best practices, Karpenter in private clusters
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.ROUTE_TABLES,
        Facet.VPC_ENDPOINTS,
    }
)


@derived
def _endpoints_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[VpcEndpoint, ...]]:
    ready = [each for each in snapshot.vpc_endpoints if each.state == AVAILABLE]
    return grouped(ready, lambda each: each.vpc_id)


def _service(snapshot: Snapshot, endpoint: VpcEndpoint) -> str:
    """Return the end of the service's name, such as ``ecr.api``; "" for what is not AWS's."""
    return endpoint.service_name.partition(f".{snapshot.target.region}.")[2]


def _offered(snapshot: Snapshot, table: RouteTable) -> frozenset[str]:
    """Return the services that subnets of the route table reach by endpoints of their VPC."""
    return frozenset(
        _service(snapshot, each)
        for each in _endpoints_by_vpc(snapshot).get(table.vpc_id, ())
        if (each.type == "Interface" and each.private_dns) or table.id in each.route_table_ids
    )


def _without_name(snapshot: Snapshot, table: RouteTable) -> frozenset[str]:
    """Return the services of Interface endpoints that only a hosted zone would lead to."""
    return frozenset(
        _service(snapshot, each)
        for each in _endpoints_by_vpc(snapshot).get(table.vpc_id, ())
        if each.type == "Interface" and not each.private_dns
    )


def _no_table(subnet: Subnet, cluster: Cluster) -> Unseen:
    return Unseen(
        resource=subnet_resource(subnet),
        cluster=cluster.name,
        api="ec2:DescribeRouteTables",
        error="NotFound",
        message=f"the route table of {subnet.id} is not seen",
    )


@check(
    id="RTE006",
    title="Subnets without a way out have the VPC endpoints that nodes need",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.FARGATE_PROFILES, Facet.NAT_GATEWAYS},
    source=PRIVATE_CLUSTERS,
    rules=(36, 37),
    since="0.2.0",
)
def endpoints_of_isolated(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Without a way to the internet, a node reaches AWS only by VPC endpoints.

    Joining takes ec2, ecr.api, ecr.dkr and s3, where image layers lie; roles of service accounts
    take sts; the AWS Load Balancer Controller takes elasticloadbalancing, and logs sent to
    CloudWatch take logs. Karpenter, where its nodes are seen, takes ssm as well. Whether the
    Cluster Autoscaler runs, which takes autoscaling, Kubernetes alone could tell.

    **Passes** where the subnet leaves by a public NAT or an internet gateway, or each of these
    services has an available endpoint: Interface with private DNS, or Gateway with the subnet's
    route table. **Fails** high without one that joining takes, medium without sts or Karpenter's
    ssm, low without the others. **Unknown** where routes lead to other networks, in which endpoints
    may be, where another account owns the VPC and its endpoints, or where an Interface endpoint has
    no private DNS: a hosted zone of your own, which is not read, may lead there. Subnets that leave
    another way, such as
    by a transit gateway or a private NAT gateway, are not judged; a NAT gateway that is not
    available is no way.

    **What to do.** Create the missing endpoints in the VPC, with private DNS and a security group
    that admits the nodes on 443; for S3 a Gateway endpoint with the subnet's route table.
    """
    for cluster in snapshot.clusters:
        for used in used_subnets(snapshot)[cluster.name]:
            if used.found & (NODES | {Found.FARGATE_PROFILE}):
                answer = _isolated(snapshot, cluster, used)
                if answer:
                    yield answer


def _isolated(snapshot: Snapshot, cluster: Cluster, used: UsedSubnet) -> Answer | None:
    subnet = subnet_by_id(snapshot).get(used.subnet_id)
    if subnet is None:
        return not_listed(subnet_resource(used.subnet_id), cluster.name, "ec2:DescribeSubnets")
    table = table_by_subnet(snapshot).get(subnet.id)
    if table is None:
        return _no_table(subnet, cluster)
    way = _way(snapshot, table)
    if way in (Exit.NAT_GATEWAY, Exit.INTERNET_GATEWAY):
        text, resource = f"{table.id} leads to a {way}", subnet_resource(subnet)
        return passed(resource, text, cluster=cluster.name, route_table=table.id, exit=way)
    if way in (Exit.NONE, Exit.BLACKHOLE):
        return _endpoints(snapshot, cluster, subnet, table, _wanted(snapshot, cluster, used))
    return None


def _way(snapshot: Snapshot, table: RouteTable) -> Exit:
    """Return where the table leads: past a NAT gateway that leads elsewhere, or nowhere."""
    route, way = default_route(table), exit_of(table)
    if route is None or way is not Exit.NAT_GATEWAY:
        return way
    nat = nat_by_id(snapshot).get(route.target)
    if nat is None or nat.connectivity != "public":
        return Exit.OTHER
    return way if nat.state == AVAILABLE else Exit.BLACKHOLE


def _endpoints(
    snapshot: Snapshot,
    cluster: Cluster,
    subnet: Subnet,
    table: RouteTable,
    wanted: frozenset[str],
) -> Answer:
    resource = subnet_resource(subnet)
    missing = sorted(wanted - _offered(snapshot, table))
    seen: dict[str, Any] = {"route_table": table.id, "missing": missing}
    if not missing:
        text = f"no way out, and endpoints for all of {', '.join(sorted(wanted))}"
        return passed(resource, text, cluster=cluster.name, **seen)
    why = _elsewhere(snapshot, subnet, table)
    if why:
        text = f"no endpoint seen for {', '.join(missing)}: there may be one elsewhere"
        return _unread(resource, cluster, *why, text)
    nameless = sorted(_without_name(snapshot, table).intersection(missing))
    missing = sorted(set(missing).difference(nameless))
    if not missing:
        text = f"private DNS is off for {', '.join(nameless)}: a hosted zone may lead there"
        return _unread(resource, cluster, "route53:ListHostedZonesByVPC", "NotRead", text)
    text = f"no way out, and no endpoint for {', '.join(missing)}"
    severity = _severity(missing)
    return failed(resource, text, cluster=cluster.name, severity=severity, **seen)


def _unread(resource: Resource, cluster: Cluster, api: str, error: str, message: str) -> Unseen:
    return Unseen(resource=resource, cluster=cluster.name, api=api, error=error, message=message)


def _wanted(snapshot: Snapshot, cluster: Cluster, used: UsedSubnet) -> frozenset[str]:
    always = JOINING | IDENTITY | OPTIONAL
    if not used.found & NODES:
        return always - {"ec2"}  # Fargate attaches a pod's interface by itself
    nodes = nodes_by_cluster(snapshot).get(cluster.name, ())
    karpenter = any(tag in node.tags for node in nodes for tag in KARPENTER)
    return always | FOR_KARPENTER if karpenter else always


def _severity(missing: list[str]) -> Severity:
    if JOINING.intersection(missing):
        return Severity.HIGH
    return Severity.LOW if OPTIONAL.issuperset(missing) else Severity.MEDIUM


def _elsewhere(snapshot: Snapshot, subnet: Subnet, table: RouteTable) -> tuple[str, str] | None:
    """Return what would tell whether the services are reached by another network."""
    if any(_leaves(snapshot, route) for route in table.routes):
        return "ec2:SearchTransitGatewayRoutes", "NotRead"
    if owned_elsewhere(snapshot, subnet.owner_id):
        return "ec2:DescribeVpcEndpoints", "OwnedByAnotherAccount"
    return None


def _leaves(snapshot: Snapshot, route: Route) -> bool:
    """Tell whether a route beside the default ones leads to another network."""
    if route.state == "blackhole" or route.target == "local":
        return False
    if route.destination in (ANYWHERE, ANYWHERE_V6) or route.target.startswith(INTERNET):
        return False
    return route.target not in gateway_endpoints(snapshot)


@check(
    id="RTE007",
    title="Nodes reach S3 by a gateway endpoint",
    severity=Severity.LOW,
    needs=NEEDS,
    source="https://docs.aws.amazon.com/eks/latest/best-practices/cost-opt-networking.html",
    rules=(39,),
    since="0.2.0",
    profiles={Profile.COST},
)
def s3_gateway(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A gateway endpoint for S3 costs nothing; by a NAT gateway every image layer is paid for.

    Layers of images in ECR come from S3, so that each new node brings that traffic. The endpoint is
    a line in the route table; nothing else changes.

    **Passes** where an available Gateway endpoint for S3 has the route table of the nodes' subnet.
    **Fails** low where none has. **Unknown** where another account owns the route table: its
    endpoints are not shown. DynamoDB has such endpoints too; whether nodes use it is not known.

    **What to do.** Add the route table to a Gateway endpoint for S3, or create one.
    """
    for cluster in snapshot.clusters:
        tables: dict[str, RouteTable] = {}
        for used in used_subnets(snapshot)[cluster.name]:
            if not used.found & NODES:
                continue
            subnet = subnet_by_id(snapshot).get(used.subnet_id)
            table = table_by_subnet(snapshot).get(used.subnet_id)
            if subnet is None:
                resource = subnet_resource(used.subnet_id)
                yield not_listed(resource, cluster.name, "ec2:DescribeSubnets")
            elif table is None:
                yield _no_table(subnet, cluster)
            else:
                tables[table.id] = table
        for table in tables.values():
            yield _s3(snapshot, cluster, table)


def _s3(snapshot: Snapshot, cluster: Cluster, table: RouteTable) -> Answer:
    resource = route_table_resource(snapshot, table)
    gateways = sorted(
        each.id
        for each in _endpoints_by_vpc(snapshot).get(table.vpc_id, ())
        if table.id in each.route_table_ids and _service(snapshot, each) == S3
    )
    if gateways:
        text = f"{gateways[0]} takes the traffic to S3"
        return passed(resource, text, cluster=cluster.name, endpoint=gateways[0])
    if owned_elsewhere(snapshot, table.owner_id):
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeVpcEndpoints",
            error="OwnedByAnotherAccount",
            message="no gateway endpoint for S3 is seen; the VPC's owner may have one",
        )
    text = f"no gateway endpoint for S3 has {table.id}"
    return failed(resource, text, cluster=cluster.name, exit=exit_of(table))
