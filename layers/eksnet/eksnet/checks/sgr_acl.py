"""Network ACLs remember no connection: whether answers get back through them."""

import itertools
from collections.abc import Iterator
from typing import Any

from eksnet.cni.places import places_by_cluster
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.network import NetworkAcl
from eksnet.model.record import record
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, grouped, subnet_by_id
from eksnet.network.filters import NO_ACL, NO_TABLE, Passage, lines, through_acl
from eksnet.network.pieces import Piece, addresses_text, ports_text, span, without
from eksnet.network.routes import Exit, exit_of, table_by_subnet
from eksnet.network.trace import EPHEMERAL, Place
from eksnet.network.walk import NO_SUBNET, acl_by_subnet

PROTOCOLS = ("tcp", "udp")
LINUX = (32768, 60999)  # Linux, ip_local_port_range: the ports its clients take by default
INTERNET = frozenset({Exit.NAT_GATEWAY, Exit.INTERNET_GATEWAY})
EVERYWHERE = Piece(0, 2**32 - 1, *EPHEMERAL)
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
    ports 1024 to 65535 are open, TCP and UDP, in and out, for the cluster's other subnets, and in
    over TCP from some address of the internet where the subnet has a default route to a NAT or an
    internet gateway. **Fails** high where a port that Linux takes is closed, medium where only
    others are. Addresses that an ACL blocks on the internet are no fault.

    **What to do.** Allow TCP and UDP 1024 to 65535 in both directions for the blocks of the VPC,
    and in over TCP from 0.0.0.0/0 where the subnet has a way out, before any rule that denies them.
    """
    for cluster in snapshot.clusters:
        places = places_by_cluster(snapshot).get(cluster.name)
        if not places or not places.nodes:
            continue
        ends = {each.subnet_id: each for each in (*places.carriers, *places.control_plane)}
        for subnet_id in sorted(ends):
            yield _judge(snapshot, cluster.name, ends[subnet_id], tuple(ends.values()))


def _judge(snapshot: Snapshot, cluster: str, here: Place, ends: tuple[Place, ...]) -> Answer:
    resource = subnet_resource(subnet_by_id(snapshot).get(here.subnet_id, here.subnet_id))
    acl = acl_by_subnet(snapshot).get(here.subnet_id)
    table = table_by_subnet(snapshot).get(here.subnet_id)
    if acl is None:
        return _unseen(resource, cluster, NO_ACL)
    closed = [*_inside(acl, here, ends)]
    if table and exit_of(table) in INTERNET and not here.ipv6:
        closed += _from_internet(acl)
    seen: dict[str, Any] = {"network_acl": acl.id, "closed": [str(each) for each in closed]}
    if closed:
        text = f"{counted(len(closed), 'range')} of client ports closed: {closed[0]}"
        linux = any(each.low <= LINUX[1] and LINUX[0] <= each.high for each in closed)
        severity = Severity.HIGH if linux else Severity.MEDIUM
        return failed(resource, text, cluster=cluster, severity=severity, **seen)
    if table is None:
        return _unseen(resource, cluster, NO_TABLE)
    if not all(each.spans for each in ends):
        return _unseen(resource, cluster, NO_SUBNET)
    return passed(resource, f"{acl.id} lets answers in and out", cluster=cluster, **seen)


def _unseen(resource: Resource, cluster: str, why: Unread) -> Unseen:
    return Unseen(
        resource=resource,
        cluster=cluster,
        api=why.api,
        error=why.error,
        message=f"{why.api} does not show the ACL, the routes, or a subnet's block of the family",
    )


def _inside(acl: NetworkAcl, here: Place, ends: tuple[Place, ...]) -> Iterator[Closed]:
    """Yield what the ACL closes between the subnet and the cluster's other subnets."""
    spans = {block for each in ends if each.subnet_id != here.subnet_id for block in each.spans}
    asked = tuple(Piece(*each, *EPHEMERAL) for each in sorted(spans))
    for protocol, out in itertools.product(PROTOCOLS, (False, True)):
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


def _from_internet(acl: NetworkAcl) -> Iterator[Closed]:
    """Yield the TCP ports to which no address of the internet at all may answer."""
    asked: tuple[Piece, ...] = (EVERYWHERE,)
    for each in NOT_PUBLIC:
        asked = without(asked, Piece(*span(each), *EPHEMERAL))
    nobody: tuple[Piece, ...] = (Piece(0, 0, *EPHEMERAL),)
    for decision in through_acl(lines(acl, "tcp", egress=False, ipv6=False), asked):
        if decision.passage is Passage.ALLOWED:
            nobody = without(nobody, decision.piece._replace(first=0, last=0))
    for piece in nobody:
        yield Closed(
            protocol="tcp",
            out=False,
            low=piece.low,
            high=piece.high,
            others=("the internet",),
            says=f"{acl.id} denies",
        )
