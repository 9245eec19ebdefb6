"""A change in a cluster or its network: audit that account and Region again, now."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from eksnet import __version__
from eksnet.model.history import Latest, Letter, RunKind, RunRecord
from eksnet.model.record import record
from eksnet.pipeline.begin import stamp
from eksnet.pipeline.requests import ChangeEvent, RejectedError
from eksnet.pipeline.services import Services
from eksnet.pipeline.target import audit_target
from eksnet.pipeline.tell import tell

DETAIL_TYPE = "AWS API Call via CloudTrail"
# What changes the answer of a check. Left out is what autoscalers, the VPC CNI and controllers call
# all day, as RunInstances and CreateTags: the scheduled audit sees what it means.
WATCHED: Mapping[str, tuple[str, ...]] = {
    "aws.eks": (
        "CreateAddon",
        "CreateCluster",
        "CreateFargateProfile",
        "CreateNodegroup",
        "DeleteAddon",
        "DeleteCluster",
        "DeleteFargateProfile",
        "DeleteNodegroup",
        "UpdateAddon",
        "UpdateClusterConfig",
        "UpdateClusterVersion",
        "UpdateNodegroupConfig",
        "UpdateNodegroupVersion",
    ),
    "aws.ec2": (
        "AcceptTransitGatewayVpcAttachment",
        "AcceptVpcPeeringConnection",
        "AssociateRouteTable",
        "AssociateSubnetCidrBlock",
        "AssociateVpcCidrBlock",
        "AttachInternetGateway",
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "CreateDefaultSubnet",
        "CreateFlowLogs",
        "CreateNatGateway",
        "CreateNetworkAclEntry",
        "CreateRoute",
        "CreateSubnet",
        "CreateSubnetCidrReservation",
        "CreateTransitGatewayVpcAttachment",
        "CreateVpcEndpoint",
        "CreateVpcPeeringConnection",
        "DeleteEgressOnlyInternetGateway",
        "DeleteFlowLogs",
        "DeleteNatGateway",
        "DeleteNetworkAclEntry",
        "DeleteRoute",
        "DeleteSubnet",
        "DeleteSubnetCidrReservation",
        "DeleteTransitGatewayVpcAttachment",
        "DeleteVpcEndpoints",
        "DeleteVpcPeeringConnection",
        "DetachInternetGateway",
        "DisableVgwRoutePropagation",
        "DisassociateRouteTable",
        "DisassociateSubnetCidrBlock",
        "DisassociateVpcCidrBlock",
        "EnableVgwRoutePropagation",
        "ModifySecurityGroupRules",
        "ModifySubnetAttribute",
        "ModifyTransitGatewayVpcAttachment",
        "ModifyVpcAttribute",
        "ModifyVpcEndpoint",
        "RejectTransitGatewayVpcAttachment",
        "RejectVpcPeeringConnection",
        "ReplaceNetworkAclAssociation",
        "ReplaceNetworkAclEntry",
        "ReplaceRoute",
        "ReplaceRouteTableAssociation",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
    ),
}


@record
class Followed:
    """What became of a batch of changes: how many a later look had covered, and what was told."""

    skipped: int
    told: tuple[Letter, ...] = ()

    @property
    def figures(self) -> Mapping[str, int]:
        """Return the numbers of everything told, added up."""
        total: Counter[str] = Counter()
        for each in self.told:
            total.update(each.figures)
        return total


def accept(event: ChangeEvent, services: Services) -> ChangeEvent:
    """Return the event if it is of a change that is watched, in the own account and Region.

    Raises:
        RejectedError: it is not; the message says why.
    """
    home = services.home
    if event.detail_type != DETAIL_TYPE:
        reason = f"detail-type is not {DETAIL_TYPE!r}"
    elif event.detail.event_name not in WATCHED.get(event.source, ()):
        reason = "no watched call of EKS or EC2"
    elif event.detail.error_code:
        reason = "the call failed: nothing changed"
    elif (event.account, event.region) != (home.account_id, home.region):
        reason = "of another account or Region than the stack's"
    else:
        return event
    raise RejectedError(reason)


def audit_changes(events: Sequence[ChangeEvent], services: Services) -> Followed:
    """Audit the own target unless a complete look began after every one of the changes.

    Raises:
        StoreError: the table, the bucket, the topic or the bus refused; try again.
    """
    if not events or not _audited(services):
        return Followed(skipped=len(events))
    last = _last(services)
    covered = last.captured_at if last and last.complete else None
    due = [each for each in events if covered is None or each.at >= covered]
    told = _untold(last, services)
    if due:
        run = _begin(due, services)
        audit_target(run.id, services.home, services)
        told = (*told, tell(run.id, services))
    return Followed(skipped=len(events) - len(due), told=told)


def _audited(services: Services) -> bool:
    """Tell whether the own account and Region are among those to be audited."""
    where = services.deployment
    return (not where.accounts or where.account in where.accounts) and (
        not where.regions or where.region in where.regions
    )


def _last(services: Services) -> Latest | None:
    """Return the newest look at the own target, if it came to a judgement."""
    latest = services.store.latest(services.home)
    judged = latest and services.store.judgement(latest.run_id, services.home)
    return latest if judged else None


def _untold(last: Latest | None, services: Services) -> tuple[Letter, ...]:
    """Tell of a change whose audit was kept by a function that died before it told anyone."""
    run = services.store.run(last.run_id) if last else None
    if run is None or run.kind is not RunKind.CHANGE or run.reported_at:
        return ()
    return (tell(run.id, services),)


def _begin(due: Sequence[ChangeEvent], services: Services) -> RunRecord:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    digest = hashlib.sha256("\n".join(sorted(each.id for each in due)).encode()).hexdigest()[:8]
    return services.store.begin(
        RunRecord(
            id=f"{stamp(now)}-change-{digest}",
            kind=RunKind.CHANGE,
            started_at=now,
            execution=f"change:{digest}",
            version=__version__,
            targets=(services.home,),
        )
    )
