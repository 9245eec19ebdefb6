"""Network interfaces that the VPC CNI left behind."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.capacity.giveback import first_unattached
from eksnet.cni.eni import CLUSTER_TAG, INSTANCE_TAG, created_at, unattached_cni
from eksnet.cni.membership import CLUSTER_TAG_PREFIX
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity, Status
from eksnet.model.network import Eni
from eksnet.model.resource import eni_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot, cluster_by_name, derived, grouped


@check(
    id="ENI001",
    title="No interface of the VPC CNI is left behind",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    wants={Facet.HISTORY},
    source="https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/troubleshooting.md",
    rules=(82,),
    since="0.1.0",
)
def leaked_interfaces(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A node that dies before its CNI has cleaned up leaves interfaces that nobody deletes.

    Each holds addresses of its subnet and counts against the Region's quota. Its security groups
    can't be deleted while it exists. The same goes for the trunk and branch interfaces which the
    VPC resource controller makes for pods with security groups of their own.

    **Passes** once a VPC where no interface of the CNI is unattached, or none for longer than the
    CNI itself waits, five minutes. **Fails** for each that is older. The age is that of the
    interface's createdAt tag; without one, the time since an earlier audit first saw it
    unattached; without either it is unknown. Only VPCs that hold a cluster are looked at.

    **What to do.** Make sure that the instance in its tag is gone, or for a branch that no pod
    uses it, then delete the interface.
    """
    unattached = _unattached_by_vpc(snapshot)
    for vpc_id in sorted({cluster.vpc_id for cluster in snapshot.clusters}):
        answers = [_age_verdict(snapshot, limits, eni) for eni in unattached.get(vpc_id, ())]
        told = [each for each in answers if not _passes(each)]
        yield from told
        if not told:
            yield passed(
                Resource(type="AWS::EC2::VPC", id=vpc_id),
                f"no leaked CNI interface; {len(answers)} unattached since a moment ago",
                unattached=len(answers),
                interfaces=len(_all_by_vpc(snapshot).get(vpc_id, ())),
            )


def _passes(answer: Answer) -> bool:
    return not isinstance(answer, Unseen) and answer.status is Status.PASS


@derived
def _all_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    return grouped(snapshot.enis, lambda eni: eni.vpc_id)


@derived
def _unattached_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    return grouped((e for e in snapshot.enis if unattached_cni(e)), lambda eni: eni.vpc_id)


def _age_verdict(snapshot: Snapshot, limits: Limits, eni: Eni) -> Answer:
    resource, cluster = eni_resource(snapshot, eni), _cluster(snapshot, eni)
    born, stored = created_at(eni), first_unattached(snapshot).get(eni.id)
    since = born or stored
    if since is None:
        return Unseen(
            resource=resource,
            cluster=cluster,
            api="eksnet:history",
            error="NotStored",
            message=f"{eni.id} is unattached; nothing tells for how long",
        )
    minutes = int((snapshot.captured_at - since).total_seconds() // 60)
    seen: dict[str, Any] = {
        "minutes": minutes,
        "age_from": "tag" if born else "history",
        "subnet": eni.subnet_id,
        "instance": eni.tags.get(INSTANCE_TAG),
        "addresses": len(eni.private_ips),
        "prefixes": len(eni.prefixes),
    }
    if snapshot.captured_at - since > dt.timedelta(minutes=limits.leaked_eni_minutes):
        what = "made" if born else "first seen unattached"
        text = f"unattached, {what} {minutes} minutes ago"
        return failed(resource, text, cluster=cluster, positive=True, **seen)
    return passed(resource, "unattached since a moment ago", cluster=cluster, **seen)


def _cluster(snapshot: Snapshot, eni: Eni) -> str | None:
    """Return the one cluster of its VPC that the interface's tags name, None for none or several.

    The CNI names it in the value of its tag, the resource controller in the key.
    """
    keys = {
        k.removeprefix(CLUSTER_TAG_PREFIX) for k in eni.tags if k.startswith(CLUSTER_TAG_PREFIX)
    }
    named = [cluster_by_name(snapshot).get(n) for n in {eni.tags.get(CLUSTER_TAG, ""), *keys}]
    found = [each.name for each in named if each and each.vpc_id == eni.vpc_id]
    return found[0] if len(found) == 1 else None
