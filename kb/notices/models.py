"""What staff can be told of, by which channel, and who wants it."""

from collections.abc import Sequence
from enum import StrEnum

from kb.models import Model


class NoticeKind(StrEnum):
    """What a notice tells."""

    NEW = "new"
    HANDED = "handed"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    REVIEW = "review"
    FLAGGED = "flagged"
    EXPIRING = "expiring"

    @property
    def label(self) -> str:
        """The kind's Chinese name."""
        return _KIND_LABELS[self]


class Channel(StrEnum):
    """How a notice goes out."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"

    @property
    def label(self) -> str:
        """The channel's Chinese name."""
        return _CHANNEL_LABELS[self]


_KIND_LABELS = {
    NoticeKind.NEW: "新的群众留言",
    NoticeKind.HANDED: "转来、指派、退回的提问",
    NoticeKind.DUE_SOON: "快到答复期限",
    NoticeKind.OVERDUE: "已逾期",
    NoticeKind.ESCALATED: "逾期三个工作日以上（上报）",
    NoticeKind.REVIEW: "待审核的问答",
    NoticeKind.FLAGGED: "需复核的问答",
    NoticeKind.EXPIRING: "快要失效的文件",
}
_CHANNEL_LABELS = {
    Channel.EMAIL: "电子邮件",
    Channel.WEBHOOK: "Webhook（签名）",
    Channel.WECOM: "企业微信、政务微信群机器人",
    Channel.DINGTALK: "钉钉群机器人",
    Channel.FEISHU: "飞书群机器人",
}


class Event(Model):
    """Something to be told once: `key` is the same for the same event.

    `departments` are those that it concerns (none: all), `person` the account that it concerns alone. `text`
    holds no word of a citizen, as it may leave the office's network; `link` is a path of the console.
    """

    key: str
    kind: NoticeKind
    text: str
    link: str
    departments: tuple[str, ...] = ()
    person: str | None = None


class Subscription(Model):
    """Who is told what: `person` for themselves, else all of `department`, else of every department.

    Times are HH:MM in China: nothing is sent from `quiet_from` to `quiet_until`; with `digest_at` what has
    gathered is sent once a day.
    """

    id: int = 0
    name: str
    channel: Channel
    address: str
    has_secret: bool = False
    person: str | None = None
    department: str | None = None
    kinds: tuple[NoticeKind, ...] = tuple(NoticeKind)
    quiet_from: str | None = None
    quiet_until: str | None = None
    digest_at: str | None = None
    is_on: bool = True
    version: int = 0


class Message(Model):
    """What is sent in one go: lines with the addresses they lead to; `keys` name the events.

    A program that is killed before it has marked a message as sent sends its lines again, with their keys.
    """

    id: str
    title: str
    lines: tuple[str, ...]
    links: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def text(self) -> str:
        """The message as plain text."""
        pairs = zip(self.lines, self.links, strict=True)
        rows = [f"{number}. {line} {link}".rstrip() for number, (line, link) in enumerate(pairs, start=1)]
        return "\n".join([self.title, *rows])


def wants(subscription: Subscription, own: Sequence[str], event: Event) -> bool:
    """Whether an event is told to `subscription`; `own` are the departments of its person (none: all)."""
    if event.kind not in subscription.kinds:
        return False
    if subscription.person is not None and event.person is not None:
        return subscription.person == event.person
    wanted = own if subscription.person is not None else filter(None, (subscription.department,))
    departments = tuple(wanted)
    return not departments or not event.departments or bool(set(departments) & set(event.departments))
