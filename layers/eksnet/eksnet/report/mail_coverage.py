"""What a mail says of coverage: how much was seen, what was not, and which API refused."""

from collections.abc import Iterator, Mapping, Sequence

from eksnet.model.audit import Audit, TargetCoverage
from eksnet.model.finding import Status, counted
from eksnet.model.history import NO_ANSWER
from eksnet.model.record import record
from eksnet.model.snapshot import Blind, Facet, Target
from eksnet.report.figures import unseen
from eksnet.report.mail_text import TEXT_BYTES, bullet, fold, listed, place, said
from eksnet.report.next_step import reading_step

UNSEEN_SHOWN = 10  # targets: a screen of a phone; the report names them all
REFUSALS_SHOWN = 10  # APIs: a screen of a phone
TARGETS_NAMED = 3  # in one sentence; where one role is wrong it is wrong in every target
NOTES_SHOWN = 10  # a screen of a phone
APIS_NAMED = 4  # in one line: enough to know what it is about
_GONE = "what a list did not show: it was deleted, or is another account's"
# Errors that stand for no refusal: what a check says of what it could not be told.
NOBODY_REFUSED = {
    "NotRead": "eksnet does not read it, look there yourself",
    "NotStored": "known from the next audit on",
    "TooLittleData": "a forecast needs more days of history",
    "NotKnown": "newer than the tables of this eksnet",
    "NotAllSeen": "EC2 counts addresses as used that nothing seen holds",
    "NoPlainDefaultRoute": "not a case that eksnet judges, look there yourself",
    "NotModelled": "not a case that eksnet judges, look there yourself",
    "NotListed": _GONE,
    "NotFound": _GONE,
}


@record
class Sight:
    """The targets of an audit by how much was seen of them: nothing, a part, all.

    ``unlisted`` say why there may be targets that nobody knows of.
    """

    unseen: tuple[TargetCoverage, ...]
    part: tuple[TargetCoverage, ...]
    whole: tuple[TargetCoverage, ...]
    unlisted: tuple[Blind, ...]

    @property
    def targets(self) -> int:
        """Return how many targets the audit has."""
        return len(self.unseen) + len(self.part) + len(self.whole)

    @property
    def gap(self) -> str | None:
        """Return what is not covered in a few words, None when everything is."""
        if self.unseen or self.part:
            seen = "not seen" if self.unseen else "seen in part"
            if self.targets == 1:
                return f"target {seen}"
            return f"{len(self.unseen or self.part):,} of {self.targets:,} targets {seen}"
        return "not all targets are known" if self.unlisted else None


def sight(audit: Audit, unlisted: Sequence[Blind]) -> Sight:
    """Return the targets of ``audit`` by how much was seen of them."""
    dark = [each for each in audit.coverage if unseen(each)]
    part = [each for each in audit.coverage if not unseen(each) and _dim(each)]
    whole = [each for each in audit.coverage if not unseen(each) and not _dim(each)]
    return Sight(unseen=tuple(dark), part=tuple(part), whole=tuple(whole), unlisted=tuple(unlisted))


def coverage_lines(audit: Audit, seen: Sight, notes: Sequence[str]) -> Iterator[str]:
    """Yield how much was seen of what exists, then everything that was not."""
    accounts = len({each.target.account_id for each in audit.coverage})
    regions = len({each.target.region for each in audit.coverage})
    yield from fold(
        f"{counted(seen.targets, 'target')} in {counted(accounts, 'account')} and "
        f"{counted(regions, 'Region')}: {len(seen.whole):,} seen whole, {len(seen.part):,} in "
        f"part, {len(seen.unseen):,} not at all."
    )
    yield from fold(_clusters(audit))
    unlisted = dict.fromkeys(map(_unlisted, seen.unlisted))
    yield from listed(tuple(unlisted), REFUSALS_SHOWN, "APIs that would have told of targets")
    yield from listed([_unseen(each) for each in seen.unseen], UNSEEN_SHOWN, "targets not seen")
    if any(each.api == NO_ANSWER[0] for target in seen.unseen for each in target.blinds):
        yield from fold("Next: the log of AuditFunction tells why there was no answer.")
    yield from _refusals(audit)
    filtered = sum(each.partial for each in audit.coverage)
    if filtered:
        yield from bullet(f"the lists of {counted(filtered, 'target')} were incomplete")
    told = [f"note: {said(each, TEXT_BYTES)}" for each in dict.fromkeys(notes)]
    yield from listed(told, NOTES_SHOWN, "notes")


def _dim(coverage: TargetCoverage) -> bool:
    known = coverage.clusters_known
    missed = known is None or (coverage.asked is None and coverage.clusters_assessed < known)
    return missed or coverage.partial or bool(coverage.blinds)


def _clusters(audit: Audit) -> str:
    assessed = sum(each.clusters_assessed for each in audit.coverage)
    numbers = [each.clusters_known for each in audit.coverage]
    known = sum(number for number in numbers if number is not None)
    silent = numbers.count(None)
    if not silent:
        return f"{assessed:,} of {counted(known, 'cluster')} assessed."
    dark = f"{counted(silent, 'target')} did not tell how many there are"
    return f"{counted(assessed, 'cluster')} assessed, {known:,} known of; {dark}."


def _unlisted(blind: Blind) -> str:
    step = reading_step(said(blind.api), said(blind.error))
    return f"there may be more targets: {_answered(blind.api, blind.error)}. {step}."


def _unseen(coverage: TargetCoverage) -> str:
    where = place(coverage.target)
    blind = next((each for each in coverage.blinds if each.api == NO_ANSWER[0]), None)
    if blind:
        return f"the audit of {where} gave no answer"
    blind = next((each for each in coverage.blinds if each.facet is Facet.CLUSTERS), None)
    return f"{where} was not seen" + (f": {_answered(blind.api, blind.error)}" if blind else "")


def _answered(api: str, error: str) -> str:
    return f"{said(api)} answered {said(error)}"


def _refusals(audit: Audit) -> Iterator[str]:
    """Yield the APIs that refused, those that did so in most targets first."""
    # One pass: there may be 300,000 findings of 1,700 targets.
    where: dict[tuple[str, str], dict[Target, None]] = {}
    questions: dict[tuple[str, str], int] = {}
    homes: dict[tuple[str, str], Target] = {}
    for coverage in audit.coverage:
        homes[coverage.target.account_id, coverage.target.region] = coverage.target
        for blind in coverage.blinds:
            if blind.api != NO_ANSWER[0]:
                where.setdefault((blind.api, blind.error), {})[coverage.target] = None
    for each in audit.findings:
        if each.status is Status.UNKNOWN and each.unknown and not each.suppressed:
            key = (each.unknown.api, each.unknown.error)
            home = homes.get((each.account_id, each.region)) or Target(
                account_id=each.account_id, region=each.region
            )
            where.setdefault(key, {})[home] = None
            questions[key] = questions.get(key, 0) + 1
    order = sorted(where, key=lambda key: (-len(where[key]), -questions.get(key, 0), key))
    texts = [
        _refusal(key, tuple(where[key]), questions.get(key, 0))
        for key in order
        if key[1] not in NOBODY_REFUSED
    ]
    yield from listed(texts, REFUSALS_SHOWN, "refusals")
    for why in dict.fromkeys(NOBODY_REFUSED.values()):
        yield from _beyond(why, {key: questions.get(key, 0) for key in order})


def _beyond(why: str, questions: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Yield in one line what was not answered though nobody refused."""
    asked = {key: n for key, n in questions.items() if NOBODY_REFUSED.get(key[1]) == why and n}
    if asked:
        apis = tuple(dict.fromkeys(said(api) for api, _ in asked))
        rest = f" and {counted(len(apis) - APIS_NAMED, 'more')}" if len(apis) > APIS_NAMED else ""
        names = ", ".join(apis[:APIS_NAMED]) + rest
        number = counted(sum(asked.values()), "question")
        yield from bullet(f"{number} unanswered: {why} ({names})")


def _refusal(key: tuple[str, str], targets: Sequence[Target], questions: int) -> str:
    api, error = key
    rest = len(targets) - TARGETS_NAMED
    more = f" and {counted(rest, 'more target')}" if rest > 0 else ""
    names = ", ".join(map(place, targets[:TARGETS_NAMED])) + more
    left = f"{counted(questions, 'question')} unanswered" if questions else "no check needed it"
    return f"{_answered(api, error)} in {names}: {left}. {reading_step(said(api), said(error))}."
