"""What a check is: one declaration from which docs, IAM and reports derive, and one function."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Iterator

from eksnet.engine.limits import Limits
from eksnet.engine.profile import OF_TOPIC, Profile
from eksnet.model.finding import Evidence, Severity, Status
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Resource, Snapshot

TOPICS = {
    "IPH": "Address headroom",
    "XEN": "x-ENIs and cluster subnets",
    "EPA": "Endpoint access",
    "PFX": "Prefix delegation",
    "CNI": "VPC CNI add-on, settings, warm pool",
    "CUS": "Custom networking, secondary CIDRs, subnet discovery, SNAT",
    "SGP": "Security groups for pods",
    "FLO": "Flow logs",
    "V6X": "IPv6",
    "RTE": "Routes, NAT, public and private",
    "VPC": "VPC CIDRs, DNS, endpoints, quotas",
    "SGR": "Security groups, NACLs, the Kubernetes network model",
    "ENI": "Network interface leaks and hygiene",
    "LBS": "Load balancing",
    "DNS": "CoreDNS and kube-proxy",
}
_ID = re.compile(r"[A-Z0-9]{3}[0-9]{3}")


@record
class Verdict:
    """A pass or a fail of one resource, with the numbers it rests on.

    ``positive`` is true when only things that were seen decide it, so that it holds even if the
    lists were incomplete; by default a verdict is taken to rest on something's absence as well.
    """

    resource: Resource
    cluster: str | None
    status: Status
    severity: Severity | None
    message: str
    evidence: Evidence
    positive: bool


@record
class Unseen:
    """A resource that can't be judged: ``api`` would have told, ``error`` says why it did not."""

    resource: Resource
    cluster: str | None
    api: str
    error: str
    message: str


Answer = Verdict | Unseen
Evaluate = Callable[[Snapshot, Limits], Iterator[Answer]]


def passed(
    resource: Resource,
    message: str,
    *,
    cluster: str | None = None,
    positive: bool = False,
    **evidence: object,
) -> Verdict:
    """Return a pass."""
    return Verdict(
        resource=resource,
        cluster=cluster,
        status=Status.PASS,
        severity=None,
        message=message,
        evidence=evidence,
        positive=positive,
    )


def not_listed(resource: Resource, cluster: str, api: str) -> Unseen:
    """Return the answer about a thing that a cluster names and ``api`` did not list."""
    return Unseen(
        resource=resource,
        cluster=cluster,
        api=api,
        error="NotListed",
        message=f"{resource.id} is not among what {api} listed",
    )


def failed(
    resource: Resource,
    message: str,
    *,
    cluster: str | None = None,
    severity: Severity | None = None,
    positive: bool = False,
    **evidence: object,
) -> Verdict:
    """Return a fail; without ``severity`` it has the check's own, the worst that check can say."""
    return Verdict(
        resource=resource,
        cluster=cluster,
        status=Status.FAIL,
        severity=severity,
        message=message,
        evidence=evidence,
        positive=positive,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A declared check. ``needs`` are the facets without which it says unknown.

    ``wants`` are facets that only some resources need: the check itself yields Unseen for those.
    ``rules`` are the numbers of the rules it answers. ``frameworks`` are the ids of public controls
    about the same thing, which may be stricter: Security Hub's as AWS writes them (``EKS.1``), and
    ``CIS-EKS-1.8.0-5.4.1`` for number 5.4.1 of that version of the CIS Amazon EKS Benchmark.
    ``profiles`` are the named sets that it is in.
    """

    id: str
    title: str
    severity: Severity
    needs: frozenset[Facet]
    wants: frozenset[Facet]
    source: str
    remedies: tuple[str, ...]
    rules: tuple[int, ...]
    frameworks: tuple[str, ...]
    since: str
    profiles: frozenset[Profile]
    evaluate: Evaluate
    doc: str

    @property
    def topic(self) -> str:
        """Return the topic's three letters."""
        return self.id[:3]

    @property
    def facets(self) -> frozenset[Facet]:
        """Return everything to read for this check."""
        return self.needs | self.wants


def check(  # noqa: PLR0913 - the parts of a declaration
    *,
    id: str,  # noqa: A002 - the field's own word
    title: str,
    severity: Severity,
    needs: Iterable[Facet],
    source: str,
    since: str,
    wants: Iterable[Facet] = (),
    remedies: tuple[str, ...] = (),
    rules: tuple[int, ...] = (),
    frameworks: tuple[str, ...] = (),
    profiles: Iterable[Profile] = (),
) -> Callable[[Evaluate], Check]:
    """Declare the decorated function as a check; its docstring becomes the check's page.

    Without ``profiles`` it is in those of its topic.

    Raises:
        ValueError: the id is malformed, its topic unknown, or the docstring missing.
    """
    if not _ID.fullmatch(id) or id[:3] not in TOPICS:
        msg = f"{id}: a check id is a topic of {sorted(TOPICS)} and three digits"
        raise ValueError(msg)

    def declare(evaluate: Evaluate) -> Check:
        doc = inspect.getdoc(evaluate)
        if not doc:
            msg = f"{id}: a check's docstring is its page and can't be missing"
            raise ValueError(msg)
        return Check(
            id=id,
            title=title,
            severity=severity,
            needs=frozenset(needs),
            wants=frozenset(wants),
            source=source,
            remedies=remedies,
            rules=rules,
            frameworks=frameworks,
            since=since,
            profiles=(frozenset(profiles) or OF_TOPIC[id[:3]]) | {Profile.ALL},
            evaluate=evaluate,
            doc=doc,
        )

    return declare
