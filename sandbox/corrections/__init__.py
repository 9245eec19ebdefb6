"""What moto gets wrong about AWS, put right in process and, with it, in its server.

One topic a module; each has ``install()``, which first checks that moto still lacks the behaviour.
Moto errs in the dangerous direction: it accepts and shows what AWS refuses or hides.
"""

import threading

from sandbox.corrections import (
    accounts,
    addon_updates,
    addons,
    addresses,
    block_states,
    cidrs,
    clusters,
    dry_run,
    edges,
    flow_logs,
    interfaces,
    ipv6_blocks,
    paging,
    policies,
    quotas,
    subnets,
    tables,
)

_TOPICS = (
    accounts,
    policies,
    addresses,
    interfaces,
    edges,
    cidrs,
    subnets,
    block_states,
    ipv6_blocks,
    flow_logs,
    paging,
    dry_run,
    clusters,
    addons,
    addon_updates,
    quotas,
    tables,
)
_lock = threading.Lock()
_installed: list[str] = []


def install() -> None:
    """Install every correction; a second call does nothing."""
    with _lock:
        for topic in _TOPICS:
            if topic.__name__ not in _installed:
                topic.install()
                _installed.append(topic.__name__)
