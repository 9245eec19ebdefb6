"""Network ACLs remember no connection: whether answers get back through them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eksnet.cni.places import places_by_cluster
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import NetworkAcl, Route, RouteTable
from eksnet.model.record import record
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, grouped, subnet_by_id
from eksnet.network.filters import (
    BEYOND,
    LOCAL,
    NO_ACL,
    NO_TABLE,
    Passage,
    lines,
    through_acl,
)
from eksnet.network.pieces import Piece, addresses_text, ports_text, span, without
from eksnet.network.routes import table_by_subnet
from eksnet.network.trace import EPHEMERAL, Place
from eksnet.network.walk import NO_SUBNET, acl_by_subnet, home_blocks

LINUX = (32768, 60999)  # Linux, ip_local_port_range: the ports its clients take by default
ANYWHERE, ANYWHERE_IPV6 = "0.0.0.0/0", "::/0"
NO_VPC = Unread(api="ec2:DescribeVpcs", error="NotListed")
DEAD = "blackhole"  # EC2 API reference, Route: state
INTERNET = ("nat-", "igw-", "eigw-")  # EC2 ids of the gateways to the internet
PUBLIC_IPV6 = "2000::/3"  # IANA IPv6 address space registry: global unicast
NOT_PUBLIC = (  # IANA special-purpose address registry: nobody on the internet has these
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
)


@record
class Closed:
    """Client ports that an ACL closes, ``out`` of the subnet or into it, and what closes them.

    ``others`` are the blocks at the other end, or the one word for the internet.
    """

    says: str
    protocol: str
    out: bool
    low: int
    high: int
    others: tuple[str, ...]

    def __str__(self) -> str:
        what = f"{self.protocol} {ports_text(self.low, self.high)}"
        more = f" and {counted(len(self.others) - 1, 'more block')}" if self.others[1:] else ""
        way = "out to" if self.out else "in from"
        return f"{self.says} {what} {way} {self.others[0]}{more}"


@check(
    id="SGR007",
    title="Network ACLs let answers back into and out of the clusters' subnets",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.VPCS,
        Facet.SUBNETS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.ROUTE_TABLES,
        Facet.NETWORK_ACLS,
    },
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
    rules=(150,),
    since="0.2.0",
)
def acls_let_answers_back(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A network ACL knows no connections: the answer to each request needs a rule of its own.

    Answers go to the port that the client took, anywhere from 1024 to 65535: a NAT gateway and
    kube-proxy take any of them, Linux itself 32768 to 60999. An ACL that allows the servers' ports
    only lets each request out and none of the answers back.

    Judged are the subnets in which a cluster's nodes, pods and x-ENIs are. **Passes** where the
    ports 1024 to 65535 are open in and out, over TCP between nodes or pods and all of the cluster's
    other subnets, over UDP between those of nodes and pods, and in over TCP from some address of
    the internet where nodes' or pods' subnet has a default route of the cluster's family to a NAT,
    an internet or an egress-only gateway. **Fails** high where a port that Linux takes is closed,
    medium where only others are. Addresses that an ACL blocks on the internet are no fault. Where
    the default route leads elsewhere, as to a transit gateway, whether the internet answers that
    way is not judged: the message says so, and an ACL that lets in no address of it is unknown.

    **What to do.** Allow TCP and UDP 1024 to 65535 in both directions for the blocks of the VPC,
    and in over TCP from 0.0.0.0/0, on IPv6 clusters from ::/0, where the subnet has a way out,
    before any rule that denies them.
    """
    for cluster in snapshot.clusters:
        places = places_by_cluster(snapshot).get(cluster.name)
        if not places or not places.nodes:
            continue
        carriers = {each.subnet_id: each for each in places.carriers}
        ends = {**{each.subnet_id: each for each in places.control_plane}, **carriers}
        for subnet_id in sorted(ends):
            yield _judge(snapshot, cluster, ends[subnet_id], ends, carriers)


Ends = Mapping[str, Place]  # by subnet


def _judge(snapshot: Snapshot, cluster: Cluster, here: Place, ends: Ends, carriers: Ends) -> Answer:
    resource = subnet_resource(subnet_by_id(snapshot).get(here.subnet_id, here.subnet_id))
    acl = acl_by_subnet(snapshot).get(here.subnet_id)
    table = table_by_subnet(snapshot).get(here.subnet_id)
    if acl is None:
        return _unseen(resource, cluster, NO_ACL)
    carries = here.subnet_id in carriers
    closed = list(_inside(acl, here, "tcp", ends if carries else carriers))
    closed += _inside(acl, here, "udp", carriers) if carries else ()
    way = _way_out(table, ipv6=here.ipv6) if table and carries else None
    outside = _from_internet(snapshot, acl, here) if way else ()
    if way and way.target.startswith(INTERNET):
        closed, way = [*closed, *outside], None
    seen: dict[str, Any] = {"network_acl": acl.id, "closed": [str(each) for each in closed]}
    if closed:
        text = f"{counted(len(closed), 'range')} of client ports closed: {closed[0]}"
        linux = any(each.low <= LINUX[1] and LINUX[0] <= each.high for each in closed)
        severity = Severity.HIGH if linux else Severity.MEDIUM
        return failed(resource, text, cluster=cluster.name, severity=severity, **seen)
    lacking = _lacking(snapshot, here, ends.values())
    if lacking:
        return _unseen(resource, cluster, lacking)
    beyond = f"what answers from beyond {way.target} is not judged" if way else ""
    if outside and way:
        return _unseen(resource, cluster, BEYOND, f"{outside[0]}; {beyond}")
    text = "; ".join(filter(None, (f"{acl.id} lets answers in and out", beyond)))
    return passed(resource, text, cluster=cluster.name, **seen)


def _lacking(snapshot: Snapshot, here: Place, ends: Iterable[Place]) -> Unread | None:
    """Return what would have to be listed before a subnet can pass."""
    if here.subnet_id not in table_by_subnet(snapshot):
        return NO_TABLE
    if not all(each.spans for each in ends):
        return NO_SUBNET
    unlisted = here.ipv6 and not home_blocks(snapshot, here.vpc_id, ipv6=True)
    return NO_VPC if unlisted else None


def _way_out(table: RouteTable, *, ipv6: bool) -> Route | None:
    """Return the live default route of the family, unless it leads nowhere else."""
    anywhere = ANYWHERE_IPV6 if ipv6 else ANYWHERE
    return next(
        (
            each
            for each in table.routes
            if each.destination == anywhere and each.state != DEAD and each.target != LOCAL
        ),
        None,
    )


def _unseen(
    resource: Resource,
    cluster: Cluster,
    why: Unread,
    text: str = "",
) -> Unseen:
    lacking = f"{why.api} does not show the ACL, the routes, or a subnet's block of the family"
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api=why.api,
        error=why.error,
        message=text or lacking,
    )


def _inside(acl: NetworkAcl, here: Place, protocol: str, others: Ends) -> Iterator[Closed]:
    """Yield what the ACL closes between the subnet and others of the cluster's."""
    spans = {b for name, each in others.items() if name != here.subnet_id for b in each.spans}
    asked = tuple(Piece(*each, *EPHEMERAL) for each in sorted(spans))
    for out in (False, True):
        met = lines(acl, protocol, egress=out, ipv6=here.ipv6)
        denied = (d for d in through_acl(met, asked) if d.passage is Passage.DENIED)
        alike = grouped(denied, lambda each: (each.says, each.piece.low, each.piece.high))
        for (says, low, high), decisions in alike.items():
            yield Closed(
                says=says,
                protocol=protocol,
                out=out,
                low=low,
                high=high,
                others=tuple(_block(each.piece, ipv6=here.ipv6) for each in decisions),
            )


def _block(piece: Piece, *, ipv6: bool) -> str:
    return addresses_text(piece.first, piece.last, ipv6=ipv6)


def _from_internet(snapshot: Snapshot, acl: NetworkAcl, here: Place) -> tuple[Closed, ...]:
    """Return the TCP ports to which no address of the internet at all may answer.

    The VPC's own IPv6 blocks are public ones too, but they are not the internet.
    """
    everyone = PUBLIC_IPV6 if here.ipv6 else ANYWHERE
    others = home_blocks(snapshot, here.vpc_id, ipv6=True) if here.ipv6 else NOT_PUBLIC
    asked: tuple[Piece, ...] = (Piece(*span(everyone), *EPHEMERAL),)
    for each in others:
        asked = without(asked, Piece(*span(each), *EPHEMERAL))
    nobody: tuple[Piece, ...] = (Piece(0, 0, *EPHEMERAL),)
    for decision in through_acl(lines(acl, "tcp", egress=False, ipv6=here.ipv6), asked):
        if decision.passage is Passage.ALLOWED:
            nobody = without(nobody, decision.piece._replace(first=0, last=0))
    return tuple(
        Closed(
            protocol="tcp",
            out=False,
            low=piece.low,
            high=piece.high,
            others=("the internet",),
            says=f"{acl.id} denies",
        )
        for piece in nobody
    )
