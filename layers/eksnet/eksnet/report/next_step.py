"""What to do about a finding, in one sentence that leads on to the rest."""

import re
from collections.abc import Callable

from eksnet.model.finding import Finding

Advice = Callable[[str], str | None]
"""From a check's id to the next step, None when nobody wrote one."""

_REFUSED = re.compile(r"AccessDenied|Unauthorized|Forbidden|NotAuthorized")
_NOT_LISTED = frozenset({"NotFound", "NotListed"})
_NOT_JUDGED = frozenset({"NoPlainDefaultRoute", "NotModelled"})
_BUSY = re.compile(
    r"Throttl|RequestLimitExceeded|TooManyRequests|Timeout|Unavailable|Internal|Server|Connect|Failure$"
)


def next_step(finding: Finding, advice: Advice) -> str:
    """Return what to do about a fail, and where to read more."""
    step = advice(finding.check_id)
    more = f"eksnet explain {finding.check_id}"
    if step:
        return f"{step} More: {more}"
    return f"{more}, or {finding.source}" if finding.source else more


def reading_step(api: str, error: str) -> str:
    """Return what makes an API answer that did not."""
    steps = (
        (error == "NotStored", "This is known from the next audit on"),
        (error == "NotAllSeen", "EC2 counts addresses as used that nothing seen holds"),
        (error in _NOT_JUDGED, "eksnet does not judge this case: look there yourself"),
        (
            api == "organizations:ListAccounts" and _REFUSED.search(error),
            "Deploy in the organization's management account or a delegated administrator's",
        ),
        (
            api.startswith("eksnet:") or error == "NotRecorded",
            "The input does not hold this: capture it, and audit again",
        ),
        (
            api == "kubernetes:aws-node",
            "Only Kubernetes tells: kubectl -n kube-system get daemonset aws-node -o yaml",
        ),
        (
            api.startswith("kubernetes:"),
            f"Only Kubernetes tells: look at {api.partition(':')[2]} there",
        ),
        (error == "NotRead", f"eksnet does not call {api}: look there yourself"),
        (
            error in _NOT_LISTED,
            f"{api} did not list it: it was deleted, or is another account's",
        ),
        (
            _REFUSED.search(error),
            f"Allow {api} for this role (eksnet iam-policy prints the policy), and audit again",
        ),
        (_BUSY.search(error), "This passes: audit again"),
    )
    otherwise = f"Find out why {api} fails, and audit again"
    return next((step for applies, step in steps if applies), otherwise)
