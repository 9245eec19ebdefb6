"""The API server's endpoint: who can reach it, and whether the nodes can."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot

ENDPOINT = "https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html"
EVERYBODY = ("0.0.0.0/0",)  # what EKS uses where no list was given: EKS API, VpcConfigRequest
IPV6_MIN_PREFIX = 12  # the block IANA gives a whole regional registry: iana.org/numbers
BITS = 32


@check(
    id="EPA001",
    title="The private endpoint is on",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS},
    source=ENDPOINT,
    rules=(19,),
    frameworks=("CIS-EKS-1.8.0-5.4.2",),
    since="0.1.0",
)
def private_endpoint(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Without the private endpoint, nodes reach their API server by its public address.

    Their traffic leaves the VPC, through a NAT gateway that costs and can fail, and the public
    endpoint can't be closed without cutting them off. EKS makes clusters this way by default.

    **Passes** where the private endpoint is on. **Fails** medium where only the public one is.

    **What to do.** Turn the private endpoint on with UpdateClusterConfig; public access can stay.
    It needs DNS resolution and DNS host names in the VPC.
    """
    for cluster in snapshot.clusters:
        on = cluster.endpoint_private
        text = "the private endpoint is on" if on else "only the public endpoint is on"
        yield (passed if on else failed)(
            cluster_resource(snapshot, cluster),
            text,
            cluster=cluster.name,
            positive=True,
            endpoint_private=on,
            endpoint_public=cluster.endpoint_public,
        )


@check(
    id="EPA002",
    title="The public endpoint is restricted",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS},
    source=ENDPOINT,
    rules=(20,),
    frameworks=("EKS.1", "CIS-EKS-1.8.0-5.4.1"),
    since="0.1.0",
)
def public_endpoint(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A public endpoint open to everybody leaves nothing but authentication before the API.

    Anybody can then try stolen tokens, or a flaw of the API server, from anywhere. A list of
    allowed blocks narrows that; two halves of the internet are as open as the whole.

    **Passes** where the public endpoint is off, or its allowed IPv4 blocks are together no larger
    than a /8. **Fails** where they are larger, where an IPv6 block is wider than a /12, or where
    there is no list.

    **What to do.** Turn the private endpoint on, then give UpdateClusterConfig the blocks from
    which people and pipelines really come, or turn public access off.
    """
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        if not cluster.endpoint_public:
            yield passed(resource, "no public endpoint", cluster=cluster.name, positive=True)
            continue
        cidrs = sorted(cluster.public_access_cidrs or EVERYBODY)
        try:
            wide = _too_wide(cidrs, limits.public_cidr_min_prefix)
        except ValueError:
            yield Unseen(
                resource=resource,
                cluster=cluster.name,
                api="eks:DescribeCluster",
                error="UnreadableCidr",
                message="publicAccessCidrs holds what is no CIDR block",
            )
            continue
        seen: dict[str, Any] = {
            "public_access_cidrs": cidrs,
            "min_prefix": limits.public_cidr_min_prefix,
        }
        text = f"the public endpoint admits {wide or _counted(cidrs)}"
        report = failed if wide else passed
        yield report(resource, text, cluster=cluster.name, positive=True, **seen)


def _counted(cidrs: list[str]) -> str:
    return f"{len(cidrs)} CIDR block{'s' * (len(cidrs) != 1)}"


def _too_wide(cidrs: Iterable[str], min_prefix: int) -> str | None:
    """Say what is too wide in an allow-list, judged as one set; None where nothing is.

    Raises:
        ValueError: an entry is no CIDR block.
    """
    networks = [ipaddress.ip_network(each, strict=False) for each in cidrs]
    v4 = [each for each in networks if isinstance(each, ipaddress.IPv4Network)]
    v6 = [each for each in networks if isinstance(each, ipaddress.IPv6Network)]
    addresses = sum(each.num_addresses for each in ipaddress.collapse_addresses(v4))
    if addresses == 1 << BITS:
        return "every IPv4 address"
    if addresses > 1 << (BITS - min_prefix):
        return f"{addresses} IPv4 addresses, more than a /{min_prefix} holds"
    for each in ipaddress.collapse_addresses(v6):
        if each.prefixlen < IPV6_MIN_PREFIX:
            return f"{each}, wider than a /{IPV6_MIN_PREFIX}"
    return None
