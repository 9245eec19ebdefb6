"""The pool of one node played step by step, as ipamd's loop decides (IPv4).

Each step is one decision of aws/amazon-vpc-cni-k8s v1.23.1: pkg/ipamd/ipamd.go grows
(increaseDatastorePool) and trims (tryUnassignCidrsFromAll), pkg/ipamd/datastore/data_store.go tells
which interface may go (getDeletableENI). Time is left out: every cooldown has passed, every
interface is old enough. Where ipamd walks a Go map, whose order is arbitrary, the first that fits
is taken for pods and the last for what is given back: the tightest packing there is.
"""

from collections.abc import Iterator

from eksnet.cni.max_pods import PREFIX_ADDRESSES, Mode
from eksnet.cni.pool import NodeShape, Pool, PoolTargets, mode_of, pod_enis, pool_of


class PoolSteps:
    """A node whose pods come and go; ``enis`` holds the pods of each slot of each interface."""

    def __init__(self, shape: NodeShape, targets: PoolTargets) -> None:
        self.shape = shape
        self.targets = targets
        self.prefix = mode_of(shape, targets) is Mode.PREFIX
        self.unit = PREFIX_ADDRESSES if self.prefix else 1
        self.pending = 0
        self.enis: list[list[int]] = [[]]

    @property
    def pods(self) -> int:
        """Return the pods that have an address."""
        return sum(sum(eni) for eni in self.enis)

    @property
    def ips(self) -> int:
        """Return the addresses of the pool, used or not."""
        return sum(len(eni) for eni in self.enis) * self.unit

    def pool(self) -> Pool:
        """Return what the node holds now."""
        per_eni = tuple(len(eni) for eni in self.enis)
        stopped = self._enough() and self._short() and self._room()
        pods = self.pods + self.pending
        return pool_of(self.shape, self.targets, pods, per_eni, stopped=stopped)

    def arrive(self) -> None:
        """Schedule one pod; it waits where there is no address, or no place in max-pods."""
        self.pending += 1
        self._place()

    def leave(self, eni: int, slot: int) -> None:
        """Take one pod away from a slot of an interface.

        Raises:
            ValueError: no pod is there.
        """
        if not self.enis[eni][slot]:
            msg = f"no pod on slot {slot} of interface {eni}"
            raise ValueError(msg)
        self.enis[eni][slot] -= 1
        self._place()

    def grow(self) -> None:
        """Let ipamd add until the pool is no longer too low, or full."""
        while not self._enough() and self._short() and self._add():
            self._place()

    def settle(self) -> None:
        """Let ipamd add, then give back what it does not need, one decision after the other.

        With a warm target of 0 ipamd can give back what it then misses and takes again, for ever;
        this ends where it has taken again.
        """
        self.grow()
        while self._trim() | self._free_eni():
            if not self._enough() and self._short():
                self.grow()
                return

    def _place(self) -> None:
        for eni in self.enis:
            for slot, pods in enumerate(eni):
                more = min(self.pending, self.unit - pods, self._allowed())
                eni[slot] += more
                self.pending -= more

    def _allowed(self) -> int:
        most = self.shape.max_pods
        return self.pending if most is None else most - self.pods

    def _enough(self) -> bool:
        return self.shape.max_pods is not None and self.ips >= self.shape.max_pods

    def _free_slots(self) -> int:
        return sum(eni.count(0) for eni in self.enis)

    def _short(self) -> bool:
        """Tell whether the targets ask for more (isDatastorePoolTooLow, max-pods aside)."""
        free = self.ips - self.pods
        if self.targets.ip_targets:
            return self._missing_ips() > 0
        warm = self.targets.warm_prefix if self.prefix else self.targets.warm_eni
        block = PREFIX_ADDRESSES if self.prefix else self.shape.slots_per_eni
        return free < warm * block if warm else free == 0

    def _missing_ips(self) -> int:
        warm, least = self.targets.warm_ip or 0, self.targets.minimum_ip or 0
        return max(warm - (self.ips - self.pods), least - self.ips, 0)

    def _need(self) -> int:
        """Return the slots that one decision asks for."""
        if self.targets.ip_targets:
            return -(-self._missing_ips() // self.unit)
        if self.prefix:
            return max(1, self.targets.warm_prefix - self._free_slots())
        return self.shape.slots_per_eni

    def _add(self) -> bool:
        """Fill an interface, else make one; tell whether something was added."""
        each, need = self.shape.slots_per_eni, self._need()
        for eni in self._pod_enis():
            if len(eni) < each:
                eni.extend([0] * min(each - len(eni), need))
                return True
        if self._new_eni_fits():
            self.enis.append([0] * min(each, need))
            return each > 0
        return False

    def _pod_enis(self) -> Iterator[list[int]]:
        yield from self.enis[1:] if self.targets.custom_networking else self.enis

    def _new_eni_fits(self) -> bool:
        taken = len(self.enis) - self.targets.custom_networking
        return taken < pod_enis(self.shape, self.targets) and self.shape.slots_per_eni > 0

    def _room(self) -> bool:
        each = self.shape.slots_per_eni
        return self._new_eni_fits() or any(len(eni) < each for eni in self._pod_enis())

    def _trim(self) -> bool:
        """Give back free slots over the targets; default mode without prefixes never does."""
        over = min(self._over(), self._free_slots())
        trimmed = over > 0
        for eni in reversed(self.enis):
            for slot in range(len(eni) - 1, -1, -1):
                if over > 0 and not eni[slot]:
                    del eni[slot]
                    over -= 1
        return trimmed

    def _over(self) -> int:
        warm, least = self.targets.warm_ip or 0, self.targets.minimum_ip or 0
        if self.targets.ip_targets:
            slots = self.ips // self.unit
            needed = max(-(-(self.pods + warm) // self.unit), -(-least // self.unit))
            return max(0, slots - needed)
        return max(0, self._free_slots() - self.targets.warm_prefix) if self.prefix else 0

    def _free_eni(self) -> bool:
        """Detach one interface beside the primary that has no pods and that no target needs."""
        if not self._may_free():
            return False
        for index in range(len(self.enis) - 1, 0, -1):
            if not any(self.enis[index]) and not self._required(index):
                del self.enis[index]
                return True
        return False

    def _may_free(self) -> bool:
        """Tell whether ipamd looks for one at all (shouldRemoveExtraENIs)."""
        if self.targets.ip_targets or self.prefix:
            return True
        return self.ips - self.pods >= (self.targets.warm_eni + 1) * self.shape.slots_per_eni

    def _required(self, index: int) -> bool:
        """Tell whether the other interfaces alone would not meet a target (getDeletableENI)."""
        others = [slot for at, eni in enumerate(self.enis) if at != index for slot in eni]
        warm = -(-(self.targets.warm_ip or 0) // self.unit) * self.unit
        least = -(-(self.targets.minimum_ip or 0) // self.unit) * self.unit
        total = len(others) * self.unit
        if total - sum(others) < warm or total < least:
            return True
        return self.prefix and others.count(0) < self.targets.warm_prefix


def grown(shape: NodeShape, targets: PoolTargets, pods: int) -> Pool:
    """Return what a node holds after ``pods`` came one by one, the pool settling in between."""
    node = PoolSteps(shape, targets)
    node.grow()
    for _ in range(pods):
        node.arrive()
        node.grow()
    return node.pool()
