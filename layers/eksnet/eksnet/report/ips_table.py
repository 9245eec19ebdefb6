"""The ledger of addresses as text: each subnet's account, then what can be given back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eksnet.capacity.drain import NearlyFree
from eksnet.capacity.fragmentation import Fragmentation
from eksnet.capacity.free_blocks import Reservation
from eksnet.capacity.giveback import GiveBack
from eksnet.capacity.ledger import Share, SubnetLedger
from eksnet.capacity.owners import Owner
from eksnet.model.finding import counted
from eksnet.model.snapshot import Blind, Target
from eksnet.report.escape import visible
from eksnet.report.table import named

BAR = 40  # characters of a full bar
DRAINED = 3  # nearly free blocks shown of a subnet; the others are counted, and are in --json
GIVEN = 20  # lines of the give-back list; the others are counted, and are in --json


def account_lines(target: Target, one: SubnetLedger, drain: Sequence[NearlyFree]) -> Iterator[str]:
    """Yield the lines of one subnet's account, with what stands in the way of its /28s."""
    subnet = one.subnet
    place = f"{target.account_id} {target.region} {subnet.az_id}"
    users = ", ".join(one.clusters) or "no cluster's"
    yield visible(f"{subnet.id}  {subnet.cidr or 'IPv6 only'}  {users}  ({place})")
    if not subnet.cidr:
        yield "  no IPv4 block: there are no IPv4 addresses to account for"
        return
    yield f"  {_figures(one)}"
    yield f"  {_bar(one)}"
    if one.unseen:
        yield visible(f"  owners unknown: {one.unseen.api} answered {one.unseen.error}")
    else:
        yield from _owners(one)
    yield from _blocks(one)
    yield from map(_reservation, one.reservations or ())
    yield from _drain(drain)


def _figures(one: SubnetLedger) -> str:
    text = f"{one.usable:,} usable, {one.subnet.free_ips:,} free by EC2's count"
    if one.seen_ips is None or one.not_seen is None:
        return f"{text}; who holds the others was not seen"
    text = f"{text}, {one.seen_ips:,} seen on interfaces"
    if one.not_seen > 0:
        return f"{text}, {one.not_seen:,} not seen"
    return text if not one.not_seen else f"{text}: {-one.not_seen:,} more than EC2 counts as used"


def _bar(one: SubnetLedger) -> str:
    used = min(max(one.usable - one.subnet.free_ips, 0), one.usable)
    filled = BAR * used // one.usable
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {100 * used // one.usable} % used"


def _owners(one: SubnetLedger) -> Iterator[str]:
    if not one.seen_ips:
        return
    yield f"  {_named(one.owners or {})}"
    known = [each for each in one.shares or () if each.cluster]
    if len(one.shares or ()) > 1:
        yield from (visible(f"    {_whose(each)}: {_named(each.owners)}") for each in known)


def _whose(share: Share) -> str:
    return f"{share.cluster}/{share.node_group}" if share.node_group else str(share.cluster)


def _named(owners: Mapping[Owner, int]) -> str:
    most = sorted(owners.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{owner} {count:,}" for owner, count in most if count)


def _blocks(one: SubnetLedger) -> Iterator[str]:
    if one.blocks:
        yield f"  {_free(one.blocks)}"
    elif one.blocks_unseen and one.blocks_unseen != one.unseen:
        why = f"{one.blocks_unseen.api} answered {one.blocks_unseen.error}"
        free = one.free_blocks
        what = f": {free.least:,} to {free.most:,}, fragmentation" if free else ""
        yield visible(f"  free /28 blocks{what} unknown: {why}")


def _free(blocks: Fragmentation) -> str:
    largest = f"/{blocks.largest_free_prefix}" if blocks.largest_free_prefix else "none"
    delegated = f", {blocks.delegated:,} delegated as prefixes" if blocks.delegated else ""
    if not blocks.candidates:
        kept = "AWS or an explicit reservation" if blocks.explicit else "AWS"
        why = "" if delegated else f": each holds an address that {kept} keeps"
        return f"no /28 could be free{why}{delegated}; largest free block {largest}"
    return (
        f"free /28 blocks: {blocks.free:,} of {blocks.candidates:,}{delegated};"
        f" largest free block {largest}; fragmentation {blocks.score} % ({blocks.band})"
    )


def _reservation(one: Reservation) -> str:
    state = "" if one.effective else f"; not effective: {one.used:,} given out one by one"
    free = counted(one.free_28, "free /28")
    return f"  {one.kind} reservation {one.cidr}: {free}, {one.unused:,} unused{state}"


def _drain(found: Sequence[NearlyFree]) -> Iterator[str]:
    for each in found[:DRAINED]:
        held: Counter[tuple[Owner, str]] = Counter()
        for one in each.blockers:
            held[one.owner, one.holder] += len(one.addresses)
        shown = [f"{count} {owner} of {holder}" for (owner, holder), count in held.items()]
        yield visible(f"    {each.cidr} comes free by {each.effort}: {named(tuple(shown))}")
    if len(found) > DRAINED:
        yield f"    and {len(found) - DRAINED:,} more nearly free /28s, each in --json"


def give_back_lines(found: Sequence[GiveBack]) -> Iterator[str]:
    """Yield the give-back list, the surest and largest first."""
    if not found:
        return
    yield "Addresses back if ..."
    for each in found[:GIVEN]:
        many = (
            f"{each.at_least:,}"
            if each.at_least == each.at_most
            else (f"{each.at_least:,} to {each.at_most:,}")
        )
        yield visible(f"  {many} in {each.subnet_id}: {each.condition}")
        yield visible(f"      risk {each.risk}")
    if len(found) > GIVEN:
        yield f"  and {len(found) - GIVEN:,} more, each in --json"


def blind_lines(blinds: Iterable[Blind]) -> Iterator[str]:
    """Yield what could not be seen, and why."""
    for blind in blinds:
        whose = f" of cluster {blind.cluster}" if blind.cluster else ""
        what = f" of {blind.resource.id}" if blind.resource else ""
        yield visible(f"not seen: {blind.facet}{whose}{what}: {blind.api} answered {blind.error}")
