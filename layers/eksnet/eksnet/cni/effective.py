"""What the VPC CNI's settings amount to: the value in effect, where it comes from, what it ignores.

Read as the CNI reads them (aws/amazon-vpc-cni-k8s v1.23.1, pkg/ipamd/ipamd.go and utils/utils.go):
text that can't be read counts as unset, an IP target that is not positive too; WARM_ENI_TARGET=0 is
kept, a negative one becomes 1.
"""

import enum
from collections.abc import Iterator, Mapping
from typing import Literal

from eksnet.cni import precedence
from eksnet.cni.branch import POD_ENI
from eksnet.cni.env_vars import EnvVar, env_vars, read_flag, read_number, read_version
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, DISCOVERY
from eksnet.cni.pool import PoolTargets
from eksnet.cni.precedence import Contradiction, Facts
from eksnet.model.record import record

Source = Literal["add-on", "self-managed", "given"]

# ipamd.go: what a number below the limit, or one that can't be read, becomes; None is unset
_FALLBACKS: Mapping[str, tuple[int, str | None]] = {
    precedence.WARM_ENI: (0, "1"),
    precedence.WARM_PREFIX: (0, "0"),
    precedence.WARM_IP: (1, None),
    precedence.MINIMUM_IP: (1, None),
    precedence.MAX_ENI: (1, None),
}
_ABSENT = {DISCOVERY: "false"}  # before v1.18.0 there was none; other defaults are as it was before
# What EKS sets in an IPv6 cluster: EKS user guide, cni-increase-ip-addresses-procedure
_IPV6_CLUSTER = {
    precedence.IPV4: "false",
    precedence.IPV6: "true",
    precedence.PREFIX_DELEGATION: "true",
}


class Origin(enum.StrEnum):
    """Where a value comes from."""

    SET = "set"
    ADD_ON_DEFAULT = "add-on default"
    ASSUMED_DEFAULT = "assumed default"


@record
class Setting:
    """A variable's value in effect, None for unset; ``ignored`` tells why it does nothing.

    ``given`` is the text that somebody set. ``problem`` tells what is wrong with it.
    """

    name: str
    value: str | None
    origin: Origin
    given: str | None = None
    ignored: str | None = None
    problem: str | None = None


@record
class Effective:
    """All settings by name, what contradicts what, and the names that the CNI does not know."""

    settings: Mapping[str, Setting]
    contradictions: tuple[Contradiction, ...]
    unknown: tuple[str, ...]
    source: Source

    @property
    def starts(self) -> bool:
        """Tell whether ipamd starts with them at all."""
        return not any(each.rule in precedence.REFUSED for each in self.contradictions)

    @property
    def provisions(self) -> bool:
        """Tell whether ipamd sizes the pool; where it does not, no model tells what is attached."""
        return not any(self.flag(name) for name in precedence.PROVISIONING_OFF)

    def value(self, name: str) -> str | None:
        """Return a variable's value, None when unset."""
        return self.settings[name].value

    def flag(self, name: str) -> bool:
        """Return a boolean variable's value."""
        return self.value(name) == "true"

    def number(self, name: str) -> int | None:
        """Return a number, None when unset or without effect on the pool by its own rules."""
        text = self.value(name)
        return None if text is None else int(text)


def effective(
    env: Mapping[str, str],
    *,
    init_env: Mapping[str, str] | None = None,
    version: str | None = None,
    source: Source = "given",
    ipv6_cluster: bool = False,
) -> Effective:
    """Return what settings amount to.

    ``env`` and ``init_env`` are the variables set for aws-node and for its init container.
    Variables newer than ``version`` are ignored; without it every one is there. ``source`` tells
    whether the rest is the add-on's default or only assumed; ``ipv6_cluster`` is what EKS sets in
    a cluster of that family.
    """
    given = _Given(
        env=env,
        init_env=init_env or {},
        defaults=_IPV6_CLUSTER if ipv6_cluster else {},
        version=read_version(version),
        origin=Origin.ADD_ON_DEFAULT if source == "add-on" else Origin.ASSUMED_DEFAULT,
    )
    read = {name: _setting(each, given) for name, each in env_vars().items()}
    facts = _facts(read, given.env, given.init_env)
    reasons = precedence.ignored(facts)
    return Effective(
        settings={name: _with_reason(each, reasons.get(name)) for name, each in read.items()},
        contradictions=(*precedence.contradictions(facts), *_without_effect(read)),
        unknown=tuple(sorted({*given.env, *given.init_env} - env_vars().keys())),
        source=source,
    )


def without_nitro(settings: Effective) -> tuple[Contradiction, ...]:
    """Return what contradicts an instance type that has no Nitro hypervisor."""
    return tuple(precedence.without_nitro(_facts(settings.settings, {}, {})))


def _facts(
    settings: Mapping[str, Setting], env: Mapping[str, str], init_env: Mapping[str, str]
) -> Facts:
    values = {name: each.value for name, each in settings.items()}
    return Facts(values=values, env=env, init_env=init_env)


def pool_targets(settings: Effective, *, unmanaged_enis: int = 0) -> PoolTargets:
    """Return the settings that size the pool; ``unmanaged_enis`` are tagged no_manage."""
    return PoolTargets(
        warm_eni=settings.number(precedence.WARM_ENI) or 0,
        warm_ip=settings.number(precedence.WARM_IP),
        minimum_ip=settings.number(precedence.MINIMUM_IP),
        warm_prefix=settings.number(precedence.WARM_PREFIX) or 0,
        prefix_delegation=settings.flag(precedence.PREFIX_DELEGATION),
        custom_networking=settings.flag(CUSTOM_NETWORKING),
        max_eni=settings.number(precedence.MAX_ENI),
        pod_eni=settings.flag(POD_ENI),
        unmanaged_enis=unmanaged_enis,
        ipv6=settings.flag(precedence.IPV6),
    )


@record
class _Given:
    env: Mapping[str, str]
    init_env: Mapping[str, str]
    defaults: Mapping[str, str]
    version: tuple[int, int, int] | None
    origin: Origin


def _setting(variable: EnvVar, told: _Given) -> Setting:
    name = variable.name
    given = (told.init_env if variable.container == "init" else told.env).get(name)
    default = told.defaults.get(name, variable.manifest) or variable.default
    since, end = read_version(variable.since), read_version(variable.deprecated)
    if told.version and since and told.version < since:
        return Setting(
            name=name,
            value=_ABSENT.get(name, variable.default),
            origin=told.origin,
            given=given,
            ignored=f"it came with v{variable.since}",
        )
    value, problem = (default, None) if given is None else _read(variable, given)
    return Setting(
        name=name,
        value=value,
        origin=told.origin if given is None else Origin.SET,
        given=given,
        ignored=(
            f"it does nothing since v{variable.deprecated}"
            if told.version and end and told.version >= end
            else None
        ),
        problem=problem,
    )


def _read(variable: EnvVar, text: str) -> tuple[str | None, str | None]:
    """Return the value that a text has for the CNI, and what is wrong with the text."""
    if variable.kind == "boolean":
        flag = read_flag(text)
        if flag is None:
            return variable.default, f"is not a boolean; {variable.default} is taken"
        return str(flag).lower(), None
    if variable.kind == "integer":
        return _read_number(variable, text)
    if variable.values and text.lower() not in {each.lower() for each in variable.values}:
        return text, f"is not one of {', '.join(variable.values)}"
    return text or None, None


def _read_number(variable: EnvVar, text: str) -> tuple[str | None, str | None]:
    number = read_number(text)
    least, fallback = _FALLBACKS.get(variable.name, (0, variable.default))
    taken = "it counts as unset" if fallback is None else f"{fallback} is taken"
    if number is None:
        return fallback, f"is not an integer; {taken}"
    if number < 0:
        return fallback, f"is negative; {taken}"
    return (fallback if number < least else str(number)), None


def _with_reason(setting: Setting, reason: str | None) -> Setting:
    if setting.ignored or not reason:
        return setting
    return Setting(
        name=setting.name,
        value=setting.value,
        origin=setting.origin,
        given=setting.given,
        ignored=reason,
        problem=setting.problem,
    )


def _without_effect(read: Mapping[str, Setting]) -> Iterator[Contradiction]:
    for each in read.values():
        if each.problem:
            yield Contradiction(
                rule="unreadable-value",
                names=(each.name,),
                statement=f"{each.name}={each.given!r} {each.problem}",
            )
        elif each.given is not None and each.ignored:
            yield Contradiction(
                rule="not-in-this-version",
                names=(each.name,),
                statement=f"{each.name}={each.given} has no effect: {each.ignored}",
            )
