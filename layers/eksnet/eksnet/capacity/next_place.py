"""In which subnet the VPC CNI would make a node's next interface."""

from eksnet.capacity.places import NO_ENI_CONFIG, pod_choices
from eksnet.capacity.prefix_mode import interfaces_by_node
from eksnet.cni.effective import Effective
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.network import Eni, Instance
from eksnet.model.snapshot import Snapshot, subnet_by_id


def next_place(
    snapshot: Snapshot, cluster: Cluster, settings: Effective, node: Instance
) -> str | Unread | None:
    """Return the subnet of a node's next interface; None for a node that shows no interface.

    It is the roomiest of those that its pods may use; where these are not known, that of the
    interface that came last.
    """
    enis = interfaces_by_node(snapshot).get(node.id, ())
    own = subnet_by_id(snapshot).get(node.subnet_id)
    if not enis or own is None:
        return node.subnet_id if enis else None
    choices = pod_choices(snapshot, cluster, settings, own)
    if not isinstance(choices, Unread) and len(choices) == 1 and choices[0]:
        return max(choices[0], key=lambda each: (each.free_ips, each.id)).id
    last = max(enis, key=lambda each: (_index(each), each.id))
    if _index(last):
        return last.subnet_id
    return choices if isinstance(choices, Unread) else NO_ENI_CONFIG


def _index(eni: Eni) -> int:
    return (eni.attachment.device_index if eni.attachment else None) or 0
