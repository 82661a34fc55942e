"""The validity (时效性) of every document, computed from all documents; their order makes no difference.

    已废止   another document in force says so (ingest.anatomy.statements), or an older edition of it does
    已失效   its own expiry date has passed
    已修改   there is a later edition in force, or a decision amends it

A status stated by a person wins. A wrong repeal is worse than none: a statement counts only when the document
it names is identified by its number, or by title and date of issue, or by title and an issuer of the same
organ or place, and is older than the stating document. An uncertain match becomes a doubt for staff.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import IntEnum
from typing import NamedTuple

from ingest.notation.document_number import number_key
from kb.language.normalise import canonical
from kb.models import Model, PolicyDocument, Standing, Statement, Status

# Later editions of these kinds replace earlier ones; notices with the same title are different notices.
_EDITED = re.compile(
    r"(?:法|条例|办法|规定|细则|规则|方案|预案|标准|制度|章程|指南|指引|目录|清单|要点|计划|规划|意见|措施|政策|公约|解释)$"
)
_TRIAL = re.compile(r"[(（]?(?:试行|暂行|征求意见稿|试点)[)）]?$")
_PRINTS = re.compile(r"(?:关于)?(?:印发|转发|发布|公布|下发)[《〈<]?(?P<title>.{1,150}?)[》〉>]?的?通知$")
_COUNTRY = "中华人民共和国"
_ORGAN_BEFORE = re.compile(r"^(?P<organ>[^《》〈〉]{2,40}?)(?=关于)")
_SAME_PLACE = 3  # leading characters that the names of two organs of one place share: 浔阳区…


class ValidityOutcome(Model):
    """The computed status of a document, its reason, and doubts for staff to check."""

    status: Status
    standing: Standing | None = None
    doubts: tuple[str, ...] = ()


class _Sure(IntEnum):
    NO = 0
    MAYBE = 1
    YES = 2


class _Claim(NamedTuple):
    """A claim that a document has `status` since `since`; `standing` gives the reason."""

    status: Status
    since: date | None
    standing: Standing


_ORDER = (Status.REPEALED, Status.EXPIRED, Status.AMENDED)


def outcomes(documents: Iterable[PolicyDocument], today: date) -> dict[str, ValidityOutcome]:
    """The outcome for every document, by id, as seen on `today`."""
    heads = sorted(documents, key=lambda document: document.id)
    claims: dict[str, list[_Claim]] = {document.id: [] for document in heads}
    doubts: dict[str, list[str]] = {document.id: [] for document in heads}
    by_core: dict[str, list[PolicyDocument]] = {}
    by_number: dict[str, list[PolicyDocument]] = {}
    for document in heads:
        for core in {_Title.of(title).core for title in _titles(document.title)}:
            by_core.setdefault(core, []).append(document)
        if document.number:
            by_number.setdefault(number_key(document.number), []).append(document)
    for source in heads:
        for statement in source.statements:
            _apply(source, statement, by_core, by_number, claims, doubts, today)
    for editions in by_core.values():
        _editions(editions, claims, doubts, today)
    return {
        document.id: _outcome(document, claims[document.id], doubts[document.id], today) for document in heads
    }


def _outcome(
    document: PolicyDocument, claims: Sequence[_Claim], doubts: Sequence[str], today: date
) -> ValidityOutcome:
    expired = _expired(document, today)
    sorted_claims = sorted(
        [*claims, *([expired] if expired else [])],
        key=lambda claim: (_ORDER.index(claim.status), claim.since or date.min, claim.standing.sentence),
    )
    best = sorted_claims[0] if sorted_claims else None
    unique_doubts = tuple(dict.fromkeys(doubts))
    if not document.status_stated:
        if best is None:
            return ValidityOutcome(status=Status.IN_FORCE, doubts=unique_doubts)
        return ValidityOutcome(status=best.status, standing=best.standing, doubts=unique_doubts)
    agreeing = next((claim for claim in sorted_claims if claim.status is document.status), None)
    if agreeing is not None:
        return ValidityOutcome(status=document.status, standing=agreeing.standing, doubts=unique_doubts)
    standing = Standing(sentence=f"工作人员标明为{document.status.value}")
    against = (f"工作人员标明为{document.status.value}，但{best.standing.sentence}",) if best else ()
    return ValidityOutcome(status=document.status, standing=standing, doubts=(*against, *unique_doubts))


def _expired(document: PolicyDocument, today: date) -> _Claim | None:
    if document.expiry_date is None or document.expiry_date >= today:
        return None
    reason = f"（“{document.validity}”）" if document.validity else ""
    sentence = f"有效期至 {document.expiry_date} 届满{reason}"
    since = document.expiry_date + timedelta(days=1)
    return _Claim(Status.EXPIRED, since, Standing(sentence=sentence, since=since))


def _apply(
    source: PolicyDocument,
    statement: Statement,
    by_core: Mapping[str, Sequence[PolicyDocument]],
    by_number: Mapping[str, Sequence[PolicyDocument]],
    claims: Mapping[str, list[_Claim]],
    doubts: Mapping[str, list[str]],
    today: date,
) -> None:
    """Add the claims and doubts that `statement` of `source` gives for the documents it may name."""
    candidates = {
        document.id: document
        for document in _candidates(statement, by_core, by_number)
        if document.id != source.id
    }
    verdicts = [(document, _sure(source, statement, document)) for document in candidates.values()]
    certain = [document for document, sure in verdicts if sure is _Sure.YES]
    possible = [document for document, sure in verdicts if sure is _Sure.MAYBE]
    verb = "废止" if statement.effect is Status.REPEALED else "修改"
    for document in certain:
        if statement.since is not None and statement.since > today:
            doubts[document.id].append(f"将自 {statement.since} 起被《{source.title}》{verb}")
            continue
        since = f"，自 {statement.since} 起" if statement.since else ""
        standing = Standing(
            sentence=f"被《{source.title}》{verb}{since}",
            since=statement.since,
            document_id=source.id,
            span=statement.span,
        )
        if not (statement.effect is Status.AMENDED and _is_consolidated(document, source)):
            claims[document.id].append(_Claim(statement.effect, statement.since, standing))
    for document in possible:
        name = f"《{statement.title}》" if statement.title else str(statement.number)
        doubts[document.id].append(f"《{source.title}》{verb}了{name}，不能确定就是这一份，请核对")


def _is_consolidated(document: PolicyDocument, source: PolicyDocument) -> bool:
    """Whether a text already includes the changes of the amending decision: it is not older than that."""
    return document.dated is not None and source.dated is not None and document.dated >= source.dated


def _candidates(
    statement: Statement,
    by_core: Mapping[str, Sequence[PolicyDocument]],
    by_number: Mapping[str, Sequence[PolicyDocument]],
) -> Iterator[PolicyDocument]:
    if statement.number:
        yield from by_number.get(number_key(statement.number), ())
    for title in _titles(statement.title or ""):
        yield from by_core.get(_Title.of(title).core, ())


def _sure(source: PolicyDocument, statement: Statement, document: PolicyDocument) -> _Sure:
    """How sure it is that `statement` refers to `document`."""
    if source.dated and document.dated and document.dated > source.dated:
        return _Sure.NO
    same_title = statement.title is not None and _same_title(statement.title, document.title)
    if statement.number and document.number:
        if number_key(statement.number) != number_key(document.number):
            return _Sure.NO
        near = statement.title is None or same_title is not _Sure.NO
        return _Sure.YES if near else _Sure.MAYBE
    if not same_title:
        return _Sure.NO
    if statement.dated is not None:
        days = {document.written_date, document.published_date, document.effective_date} - {None}
        if days:
            return same_title if statement.dated in days else _Sure.NO
        return _Sure.MAYBE
    if statement.number and not _year_fits(statement.number, document):
        return _Sure.MAYBE
    both_dated = source.dated is not None and document.dated is not None
    return min(
        same_title, _Sure.YES if both_dated and _related(source.issuer, document.issuer) else _Sure.MAYBE
    )


def _year_fits(number: str, document: PolicyDocument) -> bool:
    year = re.search(r"(?:19|20)\d\d", number)
    return bool(year and document.dated and int(year[0]) == document.dated.year)


class _Title(NamedTuple):
    """A title in comparable form: `core` is without organ, country, marks and (试行), which sets `trial`."""

    core: str
    trial: bool
    organ: str

    @classmethod
    def of(cls, title: str) -> "_Title":
        plain = re.sub(r"[\s《》〈〉<>]", "", canonical(title)).removeprefix(_COUNTRY)
        organ = _ORGAN_BEFORE.match(plain)
        core = plain[organ.end() :] if organ else plain
        trial = _TRIAL.search(core)
        return cls(_TRIAL.sub("", core), trial is not None, organ["organ"] if organ else "")


def _titles(title: str) -> tuple[str, ...]:
    """The title, and for a notice that prints a document also that document's title."""
    plain = title.strip().strip("《》")
    prints = _PRINTS.search(plain)
    return (plain, prints["title"]) if prints else (plain,)


def _same_title(one: str, other: str) -> _Sure:
    """Whether two titles name the same text: MAYBE when only one of them has (试行)."""
    best = _Sure.NO
    for title in map(_Title.of, _titles(one)):
        for other_title in map(_Title.of, _titles(other)):
            if title.core != other_title.core or len(title.core) < 3:
                continue
            if title.organ and other_title.organ and not _related(title.organ, other_title.organ):
                continue
            best = max(best, _Sure.YES if title.trial == other_title.trial else _Sure.MAYBE)
    return best


def _related(one: str | None, other: str | None) -> bool:
    """Whether two issuers are the same organ or organs of the same place; False when one is unknown."""
    if not one or not other:
        return False
    pairs = [
        (_bare(a), _bare(b)) for a in re.split("[、,，]", one) for b in re.split("[、,，]", other) if a and b
    ]
    return any(a == b or (a[:_SAME_PLACE] == b[:_SAME_PLACE] and len(a) >= _SAME_PLACE) for a, b in pairs)


def _bare(organ: str) -> str:
    """A name without a prefix that many organs share: 国家税务总局江西省税务局 -> 江西省税务局."""
    plain = re.sub(r"\s", "", canonical(organ)).removeprefix(_COUNTRY).removeprefix("中共")
    return re.sub("^国家税务总局(?=.)", "", plain)


def _editions(
    same: Sequence[PolicyDocument],
    claims: Mapping[str, list[_Claim]],
    doubts: Mapping[str, list[str]],
    today: date,
) -> None:
    """Add a claim or doubt for each text that a later one of the same title and place replaces."""
    for older in same:
        later = [document for document in same if _is_later(document, older)]
        if not later:
            continue
        begun = [
            document for document in later if (document.effective_date or document.dated or today) <= today
        ]
        newest = max(begun or later, key=lambda document: (document.dated or date.min, document.id))
        since = (
            newest.effective_date
            if (newest.effective_date or date.min) >= (older.dated or date.min)
            else None
        )
        since = since if since and newest.dated and since >= newest.dated else newest.dated
        name = f"《{newest.title}》（{newest.dated}）"
        if not begun:
            doubts[older.id].append(f"将自 {newest.effective_date} 起由新版{name}代替")
        elif _Title.of(older.title).trial != _Title.of(newest.title).trial:
            doubts[older.id].append(f"可能已由{name}代替，请核对")
        elif not _EDITED.search(_Title.of(_titles(older.title)[-1]).core):
            doubts[older.id].append(f"有同名的较新文件{name}，是否已被代替请核对")
        else:
            standing = Standing(sentence=f"有更新的版本{name}", since=since, document_id=newest.id)
            claims[older.id].append(_Claim(Status.AMENDED, since, standing))


def _is_later(document: PolicyDocument, older: PolicyDocument) -> bool:
    if document.id == older.id or document.dated is None or older.dated is None:
        return False
    both_issuers_known = bool(document.issuer and older.issuer)
    return document.dated > older.dated and (
        not both_issuers_known or _related(document.issuer, older.issuer)
    )
