"""What to do about a finding, in one sentence that leads on to the rest."""

import re
from collections.abc import Callable

from eksnet.model.finding import Finding

Advice = Callable[[str], str | None]
"""From a check's id to the next step, None when nobody wrote one."""

_REFUSED = re.compile(r"AccessDenied|Unauthorized|Forbidden|NotAuthorized")
_BUSY = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests|Timeout|Unavailable|Internal")


def next_step(finding: Finding, advice: Advice) -> str:
    """Return what to do about a fail, and where to read more."""
    step = advice(finding.check_id)
    more = f"eksnet explain {finding.check_id}"
    if step:
        return f"{step} More: {more}"
    return f"{more}, or {finding.source}" if finding.source else more


def reading_step(api: str, error: str) -> str:
    """Return what makes an API answer that did not."""
    if api.startswith("eksnet:"):
        return "The input does not hold this: capture it, and audit again"
    if _REFUSED.search(error):
        return f"Allow {api} for this role (eksnet iam-policy prints the policy), and audit again"
    if _BUSY.search(error):
        return "This passes: audit again"
    return f"Find out why {api} fails, and audit again"
