"""Source address translation by the node: its exclusions, and the ports that it uses."""

import ipaddress
import itertools
from collections.abc import Iterator
from typing import Any

from eksnet.cni.branch import UNNAMED, cni_node_subnets
from eksnet.cni.env_vars import env_vars
from eksnet.cni.precedence import EXCLUDE_SNAT, EXTERNAL_SNAT, RANDOMIZE_SNAT
from eksnet.cni.settings import CniSettings
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import AclEntry, NetworkAcl
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, derived, subnet_by_id
from eksnet.network.cidr import Block, block

README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
NO_RANDOM = "none"  # README of the VPC CNI: AWS_VPC_K8S_CNI_RANDOMIZESNAT
RANDOM_PORTS = (1024, 65535)  # iptables-extensions(8): where SNAT puts ports from 1024 on
EPHEMERAL_PORTS = (32768, 60999)  # Linux ip-sysctl: ip_local_port_range
PROTOCOLS = {"6": "tcp", "17": "udp"}  # IANA protocol numbers, as EC2 shows them
ANY_PROTOCOL = "-1"  # EC2 API reference: NetworkAclEntry
MANY_PERCENT = 10  # a judgement: fewer ports are hit so rarely that a client's next try gets by
NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})


type _Ports = tuple[int, int]


def _external(settings: CniSettings) -> bool:
    return settings.flag(EXTERNAL_SNAT, default=False)


@check(
    id="CUS016",
    title="Settings of address translation are valid and have an effect",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(149,),
    since="0.2.0",
)
def valid_exclusions(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An exclusion that the CNI can't read is passed over with one line in a log on each node.

    AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS is a list of IPv4 blocks, split by commas, to which pods keep
    their own address. It counts only while AWS_VPC_K8S_CNI_EXTERNALSNAT is off, and so does
    AWS_VPC_K8S_CNI_RANDOMIZESNAT, which knows hashrandom, prng and none.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where each that is set can be read and counts. **Fails** medium for an entry that is
    no IPv4 block with its length, low for a value of AWS_VPC_K8S_CNI_RANDOMIZESNAT that the CNI
    does not know and for either beside AWS_VPC_K8S_CNI_EXTERNALSNAT=true.

    **What to do.** Write each exclusion as an IPv4 block such as 10.0.0.0/8, and take out what does
    nothing.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        else:
            yield _exclusions(snapshot, cluster, settings)


def _exclusions(snapshot: Snapshot, cluster: Cluster, settings: CniSettings) -> Answer:
    resource, name = cluster_resource(snapshot, cluster), cluster.name
    given = {each: settings.env[each] for each in _NAMES if settings.env.get(each)}
    entries = [each for each in given.get(EXCLUDE_SNAT, "").split(",") if each.strip()]
    bad = [each for each in entries if not _ipv4_block(each)]
    seen: dict[str, Any] = {**given, "external_snat": _external(settings)}
    if given and _external(settings):
        text = f"{', '.join(given)} has no effect: {EXTERNAL_SNAT}=true"
        return failed(resource, text, cluster=name, severity=Severity.LOW, positive=True, **seen)
    if bad:
        what = ", ".join(repr(each.strip()) for each in bad)
        text = f"{EXCLUDE_SNAT} holds {what}, which is no IPv4 block and ignored"
        return failed(resource, text, cluster=name, positive=True, invalid=bad, **seen)
    how = given.get(RANDOMIZE_SNAT, NO_RANDOM)
    if how.lower() not in env_vars()[RANDOMIZE_SNAT].values:
        text = f"{RANDOMIZE_SNAT}={how} is not known to the CNI, which takes prng"
        return failed(resource, text, cluster=name, severity=Severity.LOW, positive=True, **seen)
    text = f"{', '.join(given)} can be read and counts" if given else f"nothing is set ({UNNAMED})"
    return passed(resource, text, cluster=name, positive=True, **seen)


_NAMES = (EXCLUDE_SNAT, RANDOMIZE_SNAT)


def _ipv4_block(text: str) -> bool:
    """Tell whether Go's net.ParseCIDR reads an IPv4 block: it wants the length as a number."""
    address, _, length = text.strip().partition("/")
    try:
        ipaddress.IPv4Network(f"{address}/{length}", strict=False)
    except ValueError:
        return False
    return length.isdecimal()


@check(
    id="CUS017",
    title="Network ACLs admit answers to every port that translation uses",
    severity=Severity.MEDIUM,
    needs=NEEDS
    | {
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.NETWORK_ACLS,
    },
    source=README,
    rules=(150,),
    since="0.2.0",
)
def random_ports(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A node that translates pods' addresses takes their source ports from 1024 to 65535.

    A network ACL keeps no connections in mind: it must admit the answers by their port. One that
    admits only the range of Linux itself, 32768 to 60999, lets every node work and breaks more
    than half of the connections that its pods open, at random. One that denies a single port, such
    as 3389, breaks the few that happen to leave by it.

    **Passes** where, for each source from which the node subnet's ACL admits at least half of that
    range, it admits 1024 to 65535 too, by TCP and UDP each. **Fails** medium where a tenth of these
    ports or more is missing, low where fewer are, and names them. Not judged with
    AWS_VPC_K8S_CNI_EXTERNALSNAT on, with AWS_VPC_K8S_CNI_RANDOMIZESNAT none, or where only nodes of
    EKS Auto Mode or Windows are, which the setting does not reach.

    **What to do.** Let the ACL admit 1024 to 65535 from where it admits answers, or set
    AWS_VPC_K8S_CNI_RANDOMIZESNAT to none.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        elif not _external(settings) and settings.env.get(RANDOMIZE_SNAT, "").lower() != NO_RANDOM:
            for subnet_id in cni_node_subnets(snapshot, cluster):
                yield _acl_verdict(snapshot, cluster, subnet_id)


@derived
def _acl_by_subnet(snapshot: Snapshot) -> dict[str, NetworkAcl]:
    return {each: acl for acl in snapshot.network_acls for each in acl.subnet_ids}


def _acl_verdict(snapshot: Snapshot, cluster: Cluster, subnet_id: str) -> Answer:
    resource = subnet_resource(subnet_by_id(snapshot).get(subnet_id, subnet_id))
    acl = _acl_by_subnet(snapshot).get(subnet_id)
    if acl is None:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeNetworkAcls",
            error="NotFound",
            message=f"the network ACL of {subnet_id} is not seen",
        )
    entries = sorted((e for e in acl.entries if not e.egress and e.cidr), key=lambda e: e.number)
    short = {
        f"{PROTOCOLS[protocol]} from {entry.cidr}": missing
        for protocol in PROTOCOLS
        for entry in entries
        if entry.allow
        and entry.cidr
        and (missing := _refused_answers(entries, protocol, block(entry.cidr)))
    }
    if short:
        most = max(_count(each) for each in short.values())
        many = most * 100 >= _count([RANDOM_PORTS]) * MANY_PERCENT
        severity = Severity.MEDIUM if many else Severity.LOW
        named = sorted(f"{what}: {_told(ports)}" for what, ports in short.items())
        text = f"{acl.id} admits no answers to {most:,} of the ports; {'; '.join(named)}"
        return failed(
            resource,
            text,
            cluster=cluster.name,
            severity=severity,
            positive=True,
            acl=acl.id,
            missing=named,
        )
    text = f"{acl.id} admits answers to all ports or to none"
    return passed(resource, text, cluster=cluster.name, positive=True, acl=acl.id)


def _refused_answers(entries: list[AclEntry], protocol: str, source: Block) -> list[_Ports]:
    """Return the ports that get no answer from a source whose answers the ACL means to admit."""
    missing = _missing(entries, protocol, source, EPHEMERAL_PORTS)
    if 2 * _count(missing) > _count([EPHEMERAL_PORTS]):
        return []
    return _missing(entries, protocol, source, RANDOM_PORTS)


def _count(ranges: list[_Ports]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _told(ranges: list[_Ports]) -> str:
    return ", ".join(str(one) if one == last else f"{one}-{last}" for one, last in ranges)


def _missing(entries: list[AclEntry], protocol: str, source: Block, ports: _Ports) -> list[_Ports]:
    """Return the ports of a range that are not admitted from all of a source, lowest first."""
    asked = [
        (low, high, each.allow)
        for each in entries
        if each.protocol in (protocol, ANY_PROTOCOL)
        and each.cidr
        and block(each.cidr).contains(source)
        for low, high in (_ports(each),)
    ]
    first, last = ports
    edges = {first, last + 1, *(low for low, _, _ in asked), *(high + 1 for _, high, _ in asked)}
    starts = sorted(each for each in edges if first <= each <= last + 1)
    missing: list[_Ports] = []
    for start, after in itertools.pairwise(starts):
        if next((allow for low, high, allow in asked if low <= start <= high), False):
            continue
        whole = missing and missing[-1][1] == start - 1
        begin = missing.pop()[0] if whole else start
        missing.append((begin, after - 1))
    return missing


def _ports(entry: AclEntry) -> _Ports:
    if entry.protocol == ANY_PROTOCOL or entry.from_port is None or entry.to_port is None:
        return 0, RANDOM_PORTS[1]
    return entry.from_port, entry.to_port
