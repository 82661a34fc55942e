"""The parts of the room shelf, over one database."""

from dataclasses import dataclass

from sqlalchemy import Engine

from kb.faq.feed import FaqFeed
from kb.shelf.listing import Listing
from kb.shelf.news import News
from kb.storage.documents import Documents


@dataclass(frozen=True)
class ShelfParts:
    """The list that citizens browse, and what is new."""

    listing: Listing
    news: News


def open_shelf(engine: Engine, documents: Documents, feed: FaqFeed) -> ShelfParts:
    """The room's parts."""
    return ShelfParts(listing=Listing(documents), news=News(engine, documents, feed))
