"""The space of a subnet as a picture: who holds its addresses, and what each /28 of it is."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

from eksnet.capacity.owners import Owner
from eksnet.model.audit import Audit, Cell, SubnetShown
from eksnet.model.finding import counted
from eksnet.model.record import record
from eksnet.network.blocks import PREFIX

STACKED = 1000  # subnets whose bar tells owners, some 1 KB each: the tightest of the audit
GRIDS = 40  # grids on a page, up to 60 KB each: those of the tightest subnets
COLUMNS = ((64, 16), (1024, 32), (4096, 64))  # up to so many cells, so many a row
UNIT = 10  # of the drawing: the side of a cell, as in the templates' patterns
FREE, UNSEEN = "free", "not seen"
KINDS: Mapping[str, tuple[Owner, ...]] = {
    "control plane": (Owner.X_ENI,),
    "nodes": (Owner.NODE_PRIMARY, Owner.TRUNK),
    "pods": (Owner.POD_POOL, Owner.BRANCH, Owner.FARGATE),
    "prefixes": (Owner.PREFIX,),
    "leaked": (Owner.LEAKED,),
    "others": (
        Owner.LOAD_BALANCER,
        Owner.NAT,
        Owner.ENDPOINT,
        Owner.LAMBDA,
        Owner.RDS,
        Owner.TRANSIT_GATEWAY,
        Owner.INSTANCE,
        Owner.OTHER,
    ),
}
"""What a bar tells apart; the words beside it name each owner."""
CELLS: Mapping[Cell, str] = {
    Cell.FREE: "free",
    Cell.NEARLY: "nearly free",
    Cell.BROKEN: "broken up",
    Cell.FULL: "full",
    Cell.PREFIX: "prefix",
    Cell.RESERVED: "kept by AWS in part",
    Cell.WITHHELD: "reserved by you",
}


@record
class Part:
    """A part of a bar: its CSS class, its place in percent, and the words for it."""

    kind: str
    x: float
    width: float
    words: str


@record
class Grid:
    """The /28s as paths by cell, and how many there are of each.

    A row holds a /``row``, None where there is but one.
    """

    width: int
    height: int
    row: int | None
    paths: tuple[tuple[str, str], ...]
    cells: tuple[tuple[str, str, int], ...]
    words: str


@record
class Picture:
    """A subnet's picture. ``blocks`` tells of its /28s, and ``missing`` what was not seen."""

    parts: tuple[Part, ...]
    words: str
    blocks: str
    missing: str
    grid: Grid | None


@record
class Pictures:
    """The pictures of an audit by account, Region and subnet, and how many were left out."""

    found: Mapping[tuple[str, str, str], Picture]
    unstacked: int
    ungridded: int


def pictures(audit: Audit) -> Pictures:
    """Return the pictures of the tightest subnets; of the first of these also the grid."""
    tight = sorted(audit.ledgers, key=_tightness)
    whole = [each for each in tight if each.candidates]
    gridded = {_key(each) for each in [one for one in whole if one.grid][:GRIDS]}
    return Pictures(
        found={_key(each): picture(each, grid=_key(each) in gridded) for each in tight[:STACKED]},
        unstacked=max(len(tight) - STACKED, 0),
        ungridded=len(whole) - len(gridded),
    )


def picture(one: SubnetShown, *, grid: bool) -> Picture:
    """Return the picture of one subnet."""
    parts = tuple(_parts(one))
    why = f"{one.unseen.api} answered {one.unseen.error}" if one.unseen else ""
    lost = "who holds them" if one.owners is None else "free /28 blocks"
    return Picture(
        parts=parts,
        words=", ".join(each.words for each in parts),
        blocks=_blocks(one),
        missing=f"{lost} unknown: {why}" if why else "",
        grid=_grid(one, one.grid) if grid and one.grid else None,
    )


def _key(one: SubnetShown) -> tuple[str, str, str]:
    return one.target.account_id, one.target.region, one.subnet_id


def _tightness(one: SubnetShown) -> tuple[float, str, str, str]:
    return (one.free_ips / one.usable if one.usable > 0 else 1.0), *_key(one)


def _parts(one: SubnetShown) -> Iterator[Part]:
    """Yield the parts side by side; together they are the whole bar."""
    shares = [each for each in _shares(one) if each[1] > 0]
    whole = sum(count for _, count, _ in shares)
    done = 0
    for kind, count, words in shares:
        x, width = round(100 * done / whole, 2), round(100 * count / whole, 2)
        yield Part(kind=kind.replace(" ", "-"), x=x, width=width, words=words)
        done += count


def _shares(one: SubnetShown) -> Iterator[tuple[str, int, str]]:
    """Yield kinds with their addresses, in one order on every bar."""
    if one.owners is None:
        used = max(one.usable - one.free_ips, 0)
        yield UNSEEN, used, f"{used:,} used, by whom was not seen"
    else:
        for kind, owners in KINDS.items():
            held = [(str(each), one.owners.get(each, 0)) for each in owners]
            words = ", ".join(f"{owner} {count:,}" for owner, count in held if count)
            yield kind, sum(count for _, count in held), words
        unseen = one.not_seen or 0
        yield UNSEEN, max(unseen, 0), f"not seen {unseen:,}"
    more = -(one.not_seen or 0)
    extra = f" ({more:,} more are held than EC2 counts as used)" if more > 0 else ""
    yield FREE, one.free_ips, f"free {one.free_ips:,}{extra}"


def _blocks(one: SubnetShown) -> str:
    if one.free_28 is None:
        return ""
    largest = f"/{one.largest_free_prefix}" if one.largest_free_prefix else "none"
    if not one.candidates:
        return f"no /28 block could be free; largest free block {largest}"
    return (
        f"{one.free_28:,} of {counted(one.candidates, '/28 block')} free, largest free block"
        f" {largest}, fragmentation {one.fragmentation} %"
    )


def _grid(one: SubnetShown, cells: str) -> Grid:
    columns = next((wide for most, wide in COLUMNS if len(cells) <= most), COLUMNS[-1][1])
    rows = -(-len(cells) // columns)
    counts = Counter(cells)
    told = tuple((str(cell), word, counts[cell]) for cell, word in CELLS.items() if counts[cell])
    words = ", ".join(f"{count:,} {word}" for _, word, count in told)
    return Grid(
        width=columns * UNIT,
        height=rows * UNIT,
        row=PREFIX - (columns.bit_length() - 1) if rows > 1 else None,
        paths=_paths(cells, columns),
        cells=told,
        words=f"{counted(len(cells), 'block')} of 16 addresses in {one.cidr}: {words}",
    )


def _paths(cells: str, columns: int) -> tuple[tuple[str, str], ...]:
    """Return for each cell the path that covers all of its kind, neighbours in a row as one."""
    paths: dict[str, list[str]] = {}
    for row, line in enumerate(itertools.batched(cells, columns, strict=False)):
        start = 0
        for cell, run in itertools.groupby(line):
            wide = len(tuple(run))
            corner = f"M{start * UNIT} {row * UNIT}"
            paths.setdefault(cell, []).append(f"{corner}h{wide * UNIT}v{UNIT}h-{wide * UNIT}z")
            start += wide
    return tuple((cell, "".join(found)) for cell, found in paths.items())
