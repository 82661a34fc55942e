"""What a page tells search engines about itself: schema.org as JSON-LD, in a data block that never runs."""

import json
from collections.abc import Iterable, Mapping

from markupsafe import Markup

from kb.faq.models import FaqEntry
from kb.models import PolicyDocument
from kb.settings import Settings

_CONTEXT = "https://schema.org"
# In a <script> only </script and <!-- would end or change it; & and the two line separators to be safe.
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&'\u2028\u2029"}


def data_block(content: Mapping[str, object]) -> Markup:
    """`content` as the text of a <script type="application/ld+json">.

    >>> str(data_block({"name": "</script><b>"}))
    '{"name": "\\\\u003c/script\\\\u003e\\\\u003cb\\\\u003e"}'
    """
    return Markup(json.dumps(content, ensure_ascii=False).translate(_ESCAPED))


def service(settings: Settings, site: str) -> dict[str, object]:
    """The column as a government service (GovernmentService)."""
    described: dict[str, object] = {
        "@context": _CONTEXT,
        "@type": "GovernmentService",
        "name": "政策问答知识库",
        "serviceType": "政策咨询",
        "url": f"{site}/",
        "availableLanguage": ["zh-CN", "zh-Hant"],
        "availableChannel": {
            "@type": "ServiceChannel",
            "serviceUrl": f"{site}/chat",
            "servicePhone": {"@type": "ContactPoint", "telephone": settings.hotline},
        },
    }
    if settings.site_owner:
        described["provider"] = {"@type": "GovernmentOrganization", "name": settings.site_owner}
    return described


def questions(entries: Iterable[FaqEntry]) -> dict[str, object] | None:
    """Questions and answers shown on a page (FAQPage); None when there are none."""
    shown = [
        {
            "@type": "Question",
            "name": entry.question,
            "acceptedAnswer": {"@type": "Answer", "text": entry.html or entry.plain},
        }
        for entry in entries
    ]
    return {"@context": _CONTEXT, "@type": "FAQPage", "mainEntity": shown} if shown else None


def legislation(document: PolicyDocument, url: str) -> dict[str, object]:
    """A document (Legislation)."""
    known: dict[str, object] = {
        "legislationIdentifier": document.number,
        "legislationDate": document.dated and document.dated.isoformat(),
        "datePublished": document.published_date and document.published_date.isoformat(),
        "legislationDateOfApplicability": document.effective_date and document.effective_date.isoformat(),
        "about": document.topic,
    }
    if document.issuer:
        known["legislationPassedBy"] = {"@type": "GovernmentOrganization", "name": document.issuer}
    named = {"@context": _CONTEXT, "@type": "Legislation", "name": document.title, "url": url}
    return {**named, "inLanguage": "zh-CN", **{name: value for name, value in known.items() if value}}
