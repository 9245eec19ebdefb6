"""What is used of a quota, judged by the share of what the account is allowed."""

from typing import Any

from eksnet.engine.check import Answer, Unseen, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.quota import Quota
from eksnet.model.record import record
from eksnet.model.snapshot import Resource, Snapshot, quota_by_id

API = "servicequotas:ListServiceQuotas"
PERCENT = 100
MILD = (Severity.MEDIUM, Severity.LOW)


@record
class QuotaUse:
    """How much of a quota is used; ``more`` is the API that would tell what else counts."""

    code: str
    used: int
    what: str
    more: str | None = None


def judge_quotas(  # noqa: PLR0913 - what one resource is judged by
    snapshot: Snapshot,
    resource: Resource,
    cluster: Cluster | None,
    uses: tuple[QuotaUse, ...],
    limits: Limits,
    *,
    levels: tuple[int, int] | None = None,
    tiers: tuple[Severity, Severity] = MILD,
) -> Answer:
    """Return the answer of the quota that is used most; one of no known value hides the others.

    ``levels`` are the percentages that count as full and as a warning, the limits' own by default;
    ``tiers`` the severities of the two.
    """
    full, warning = levels or (limits.quota_percent_full, limits.quota_percent_warning)
    name = cluster.name if cluster else None
    quotas = quota_by_id(snapshot)
    told = [(_percent(use, quotas[use.code]), use) for use in uses if use.code in quotas]
    percent, worst = max(told, key=lambda each: (each[0], each[1].code), default=(0, uses[0]))
    if percent < warning:
        untold = [use for use in uses if use.code not in quotas]
        hidden = [use for use in uses if use.more]
        if untold:
            text = f"the applied quota {untold[0].code} of {untold[0].what} was not told"
            return quota_unseen(resource, name, "NotListed", text)
        if hidden:
            text = f"{hidden[0].used} {hidden[0].what} and what prefix lists add, which is not read"
            return quota_unseen(resource, name, "NotRead", text, api=hidden[0].more)
    value = quotas[worst.code].value
    text = f"{worst.used:,} {worst.what} of {value:,} allowed ({percent} %)"
    seen: dict[str, Any] = {"quota": worst.code, "used": worst.used, "allowed": value}
    if percent < warning:
        return passed(resource, text, cluster=name, **seen)
    high, low = tiers
    severity = high if percent >= full else low
    return failed(resource, text, cluster=name, severity=severity, positive=True, **seen)


def _percent(use: QuotaUse, quota: Quota) -> int:
    return PERCENT * use.used // quota.value if quota.value > 0 else PERCENT


def quota_unseen(
    resource: Resource, cluster: str | None, error: str, text: str, api: str | None = None
) -> Unseen:
    """Return why a quota can't be judged; ``api`` would have told."""
    return Unseen(resource=resource, cluster=cluster, api=api or API, error=error, message=text)
