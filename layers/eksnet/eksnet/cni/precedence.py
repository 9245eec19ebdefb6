"""Which of the VPC CNI's settings are ignored, and which contradict each other.

The rules are those of aws/amazon-vpc-cni-k8s v1.23.1: its README.md, docs/prefix-and-ip-target.md
and pkg/ipamd/ipamd.go (isConfigValid, isDatastorePoolTooLow, getPrefixesNeeded).
"""

from collections.abc import Callable, Iterator, Mapping

from eksnet.cni.branch import POD_ENI
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY
from eksnet.model.record import record

WARM_ENI = "WARM_ENI_TARGET"
WARM_IP = "WARM_IP_TARGET"
MINIMUM_IP = "MINIMUM_IP_TARGET"
WARM_PREFIX = "WARM_PREFIX_TARGET"
MAX_ENI = "MAX_ENI"
PREFIX_DELEGATION = "ENABLE_PREFIX_DELEGATION"
IPV4 = "ENABLE_IPv4"
IPV6 = "ENABLE_IPv6"
V4_EGRESS = "ENABLE_V4_EGRESS"
V6_EGRESS = "ENABLE_V6_EGRESS"
EXTERNAL_SNAT = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
RANDOMIZE_SNAT = "AWS_VPC_K8S_CNI_RANDOMIZESNAT"
EXCLUDE_SNAT = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
EARLY_DEMUX = "DISABLE_TCP_EARLY_DEMUX"
ENFORCING_MODE = "POD_SECURITY_GROUP_ENFORCING_MODE"
NO_PROVISIONING = "DISABLE_NETWORK_RESOURCE_PROVISIONING"
IMDS_ONLY = "ENABLE_IMDS_ONLY_MODE"
ENI_CONFIG_KEYS = ("ENI_CONFIG_LABEL_DEF", "ENI_CONFIG_ANNOTATION_DEF")
PROVISIONING_OFF = (NO_PROVISIONING, IMDS_ONLY)
TARGETS = (WARM_ENI, WARM_IP, MINIMUM_IP, WARM_PREFIX)
# isConfigValid refuses these: ipamd exits, and no pod gets an address
REFUSED = frozenset(
    {"address-family", "ipv6-without-prefixes", "ipv6-custom-networking", "ipv6-without-nitro"}
)


@record
class Contradiction:
    """Settings that do not go together: ``rule`` names it for programs, ``statement`` for people.

    ``names`` are the variables concerned.
    """

    rule: str
    names: tuple[str, ...]
    statement: str


@record
class Facts:
    """What the rules look at: the value of every variable, and what somebody set.

    ``values`` are as the code reads them: booleans true or false, None for unset.
    """

    values: Mapping[str, str | None]
    env: Mapping[str, str]
    init_env: Mapping[str, str]

    def on(self, name: str) -> bool:
        """Tell whether a boolean is true."""
        return self.values[name] == "true"

    def number(self, name: str) -> int | None:
        """Return a number, None when unset."""
        text = self.values[name]
        return None if text is None else int(text)

    @property
    def ip_targets(self) -> tuple[str, ...]:
        """Return those of the two IP targets that are set: they override the others."""
        return tuple(name for name in (WARM_IP, MINIMUM_IP) if self.values[name] is not None)

    @property
    def early_demux_misplaced(self) -> bool:
        """Tell whether the variable of the init container was given to aws-node instead."""
        return EARLY_DEMUX in self.env and EARLY_DEMUX not in self.init_env


_RULES: tuple[tuple[Callable[[Facts], bool], tuple[str, ...], str], ...] = (
    (lambda facts: facts.on(IPV6), (*TARGETS, MAX_ENI), "with IPv6 one /80 prefix serves all pods"),
    (
        lambda facts: any(facts.on(name) for name in PROVISIONING_OFF),
        TARGETS,
        f"{' or '.join(PROVISIONING_OFF)} is true: ipamd adds and frees nothing",
    ),
    (
        lambda facts: bool(facts.ip_targets),
        (WARM_ENI, WARM_PREFIX),
        f"{WARM_IP} or {MINIMUM_IP} overrides it",
    ),
    (
        lambda facts: not facts.on(PREFIX_DELEGATION),
        (WARM_PREFIX,),
        f"{PREFIX_DELEGATION} is not true",
    ),
    (lambda facts: facts.on(PREFIX_DELEGATION), (WARM_ENI,), f"{PREFIX_DELEGATION} is true"),
    (
        lambda facts: facts.on(CUSTOM_NETWORKING),
        (DISCOVERY,),
        f"{CUSTOM_NETWORKING} is true: the ENIConfig names the subnet",
    ),
    (
        lambda facts: not facts.on(CUSTOM_NETWORKING),
        ENI_CONFIG_KEYS,
        f"{CUSTOM_NETWORKING} is not true",
    ),
    (
        lambda facts: facts.on(EXTERNAL_SNAT),
        (EXCLUDE_SNAT, RANDOMIZE_SNAT),
        f"{EXTERNAL_SNAT} is true: the node does not translate addresses",
    ),
    (lambda facts: not facts.on(POD_ENI), (ENFORCING_MODE,), f"{POD_ENI} is not true"),
    (lambda facts: facts.early_demux_misplaced, (EARLY_DEMUX,), "only the init container reads it"),
    (lambda facts: facts.on(IPV6), (V6_EGRESS,), f"{IPV6} is true"),
    (lambda facts: not facts.on(IPV6), (V4_EGRESS,), f"{IPV6} is not true"),
)


def ignored(facts: Facts) -> Mapping[str, str]:
    """Return why each variable that has no effect has none; the first reason counts."""
    reasons: dict[str, str] = {}
    for holds, names, reason in _RULES:
        if holds(facts):
            for name in names:
                reasons.setdefault(name, reason)
    return reasons


def contradictions(facts: Facts) -> Iterator[Contradiction]:
    """Yield what does not go together; with a rule of ``REFUSED`` ipamd does not even start."""
    yield from _families(facts)
    if facts.on(IPV6):
        return  # what follows is about IPv4
    yield from _targets(facts)
    yield from _interfaces(facts)
    yield from _misplaced(facts)


def _families(facts: Facts) -> Iterator[Contradiction]:
    if facts.on(IPV4) == facts.on(IPV6):
        both = "both true" if facts.on(IPV4) else "both false"
        yield Contradiction(
            rule="address-family",
            names=(IPV4, IPV6),
            statement=f"{IPV4} and {IPV6} are {both}: ipamd does not start",
        )
    if facts.on(IPV6) and not facts.on(PREFIX_DELEGATION):
        yield Contradiction(
            rule="ipv6-without-prefixes",
            names=(IPV6, PREFIX_DELEGATION),
            statement=f"{IPV6}=true without {PREFIX_DELEGATION}=true: ipamd does not start",
        )
    if facts.on(IPV6) and facts.on(CUSTOM_NETWORKING):
        yield Contradiction(
            rule="ipv6-custom-networking",
            names=(IPV6, CUSTOM_NETWORKING),
            statement=f"{IPV6}=true with {CUSTOM_NETWORKING}=true: ipamd does not start",
        )


def _targets(facts: Facts) -> Iterator[Contradiction]:
    minimum = facts.number(MINIMUM_IP)
    if minimum is not None and facts.number(WARM_IP) is None:
        yield Contradiction(
            rule="minimum-without-warm",
            names=(MINIMUM_IP, WARM_IP),
            statement=(
                f"{MINIMUM_IP}={minimum} without {WARM_IP}: a node takes addresses for {minimum} "
                "pods and never more, whatever comes"
            ),
        )
    for name in (WARM_ENI, WARM_PREFIX):
        if facts.ip_targets and name in facts.env:
            yield Contradiction(
                rule="overridden-target",
                names=(name, *facts.ip_targets),
                statement=(
                    f"{name}={facts.env[name]} has no effect: it is overridden by "
                    f"{' and '.join(facts.ip_targets)}"
                ),
            )
    if facts.on(PREFIX_DELEGATION) and not facts.ip_targets and not facts.number(WARM_PREFIX):
        yield Contradiction(
            rule="prefixes-without-warm",
            names=(PREFIX_DELEGATION, WARM_PREFIX),
            statement=(
                f"{PREFIX_DELEGATION}=true with {WARM_PREFIX}=0 and no IP target is not "
                "supported: pods wait for each new prefix"
            ),
        )


def _interfaces(facts: Facts) -> Iterator[Contradiction]:
    if facts.number(MAX_ENI) != 1:
        return
    for name, lost in ((CUSTOM_NETWORKING, "pods"), (POD_ENI, "the trunk")):
        if facts.on(name):
            yield Contradiction(
                rule="no-interface-left",
                names=(MAX_ENI, name),
                statement=f"{MAX_ENI}=1 with {name}=true leaves no interface for {lost}",
            )


def _misplaced(facts: Facts) -> Iterator[Contradiction]:
    if facts.on(EXTERNAL_SNAT) and facts.values[EXCLUDE_SNAT] is not None:
        yield Contradiction(
            rule="exclusions-without-snat",
            names=(EXCLUDE_SNAT, EXTERNAL_SNAT),
            statement=f"{EXCLUDE_SNAT} has no effect: {EXTERNAL_SNAT}=true",
        )
    if facts.on(CUSTOM_NETWORKING) and DISCOVERY in facts.env and facts.on(DISCOVERY):
        yield Contradiction(
            rule="discovery-with-custom-networking",
            names=(DISCOVERY, CUSTOM_NETWORKING),
            statement=f"{DISCOVERY}=true has no effect: {CUSTOM_NETWORKING}=true",
        )
    if facts.early_demux_misplaced:
        yield Contradiction(
            rule="early-demux-in-main",
            names=(EARLY_DEMUX,),
            statement=f"{EARLY_DEMUX} has no effect on aws-node: only the init container reads it",
        )
    given = {facts.env.get(V6_EGRESS, "false"), facts.init_env.get(V6_EGRESS, "false")}
    if len(given) > 1:
        yield Contradiction(
            rule="egress-in-one-container",
            names=(V6_EGRESS,),
            statement=f"{V6_EGRESS} differs between aws-node and the init container",
        )


def without_nitro(facts: Facts) -> Iterator[Contradiction]:
    """Yield what does not go together with an instance type that has no Nitro hypervisor."""
    if facts.on(IPV6):
        yield Contradiction(
            rule="ipv6-without-nitro",
            names=(IPV6,),
            statement=f"{IPV6}=true on a type without Nitro: ipamd does not start",
        )
    elif facts.on(PREFIX_DELEGATION):
        yield Contradiction(
            rule="prefixes-without-nitro",
            names=(PREFIX_DELEGATION,),
            statement=f"{PREFIX_DELEGATION}=true on a type without Nitro: it gives secondary IPs",
        )
