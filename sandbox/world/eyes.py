"""Looking at a world as a collector does, perhaps a little late, perhaps not at everything."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from eksnet.apply.interface import LostError
from eksnet.model.snapshot import Blind, Facet, Snapshot
from sandbox.world.points import BROKEN, DENIED, THROTTLE, TIMEOUT, Points
from sandbox.world.world import World

_CODES = {
    THROTTLE: "RequestLimitExceeded",
    BROKEN: "InternalError",
    DENIED: "UnauthorizedOperation",
}
_FIELDS: dict[Facet, tuple[str, ...]] = {
    Facet.CLUSTERS: ("clusters", "cluster_names"),
    Facet.NODE_GROUPS: ("node_groups",),
    Facet.FARGATE_PROFILES: ("fargate_profiles",),
    Facet.CLUSTER_ROLES: ("cluster_roles",),
    Facet.ADDON_VPC_CNI: ("addons",),
    Facet.VPCS: ("vpcs",),
    Facet.SUBNETS: ("subnets",),
    Facet.NETWORK_INTERFACES: ("enis",),
    Facet.ROUTE_TABLES: ("route_tables",),
    Facet.SECURITY_GROUPS: ("security_groups",),
    Facet.NETWORK_ACLS: ("network_acls",),
    Facet.FLOW_LOGS: ("flow_logs",),
    Facet.NAT_GATEWAYS: ("nat_gateways",),
    Facet.VPC_ENDPOINTS: ("vpc_endpoints",),
    Facet.PEERINGS: ("peerings",),
    Facet.TRANSIT_ATTACHMENTS: ("transit_attachments",),
    Facet.INSTANCES: ("instances",),
    Facet.INSTANCE_TYPES: ("instance_types",),
    Facet.ZONES: ("zones",),
    Facet.CIDR_RESERVATIONS: ("cidr_reservations",),
    Facet.QUOTAS: ("quotas",),
    Facet.HISTORY: ("sightings", "trends"),
}
"""What each facet fills; the VPCs' attributes come with the VPCs."""


class WorldEyes:
    """Looks at a world. Each kind of thing may be shown up to ``behind()`` states late.

    What was seen once is never unseen: a look goes back no further than the one before it.
    """

    def __init__(
        self, world: World, points: Points | None = None, behind: Callable[[], int] = lambda: 0
    ) -> None:
        self._world, self._points, self._behind = world, points or Points(), behind
        self._floor: dict[Facet, int] = {}

    def look(self, facets: Iterable[Facet]) -> Snapshot:
        """Return the target as it is, or was a moment ago."""
        asked = frozenset(facets)
        wanted = asked | {Facet.CLUSTERS}

        def answer(fault: str) -> Snapshot:
            if fault == TIMEOUT:
                message = "no endpoint answered"
                raise LostError(message)
            return self._blinded(self._seen(wanted), asked, fault)

        return self._points.around("look", lambda: self._seen(wanted), answer)

    def _seen(self, wanted: frozenset[Facet]) -> Snapshot:
        parts: dict[str, Any] = {"captured_at": self._world.clock.now(), "seen": wanted}
        for facet in sorted(_FIELDS):
            if facet in wanted:
                oldest = self._world.shown_at_worst(self._behind())
                number = self._floor[facet] = max(oldest, self._floor.get(facet, 0))
                shown = self._world.states[number].shown
            for field in _FIELDS[facet]:
                parts[field] = getattr(shown, field) if facet in wanted else ()
        return dataclasses.replace(self._world.now().shown, **parts)

    @staticmethod
    def _blinded(seen: Snapshot, asked: frozenset[Facet], fault: str) -> Snapshot:
        """A throttle or a refusal hides one thing asked for, a broken service all of them."""
        order = sorted(asked & _FIELDS.keys())
        hidden = {THROTTLE: order[:1], BROKEN: order, DENIED: order[-1:]}[fault]
        blinds = tuple(
            Blind(facet=each, api=f"ec2:Describe {each}", error=_CODES[fault]) for each in hidden
        )
        empty: Any = {field: () for each in hidden for field in _FIELDS[each]}
        return dataclasses.replace(seen, blinds=blinds, **empty)
