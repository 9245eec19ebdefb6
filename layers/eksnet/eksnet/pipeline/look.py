"""Look at a target as the deployment may: with its own credentials, or a member's audit role."""

import dataclasses

from eksnet.collect import accounts, live
from eksnet.collect.calls import RefusedError
from eksnet.model.errors import NoAccessError
from eksnet.model.snapshot import Facet, Snapshot, Target
from eksnet.pipeline.services import Services
from eksnet.pipeline.source import dark


def look(target: Target, facets: frozenset[Facet], services: Services) -> Snapshot:
    """Return the target as it is now; all of it is blind where nothing could be asked."""
    where = services.deployment
    session = services.session
    try:
        if target.account_id != where.account:
            role = f"arn:{target.partition}:iam::{target.account_id}:role/{where.member_role}"
            session = accounts.assume(session, role, where.external_id, where.region)
        snapshot = live.collect(session, target.region, facets)
    except (RefusedError, NoAccessError) as problem:
        return dark(target, facets, problem.api, problem.code)
    if snapshot.target.account_id == live.UNKNOWN_ACCOUNT:
        return dataclasses.replace(snapshot, target=target)
    if snapshot.target.account_id != target.account_id:
        return dark(target, facets, "sts:AssumeRole", "AnotherAccount")
    return snapshot
