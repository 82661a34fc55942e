"""A knowledge base of its own for 微信 and 企业微信, and the platform that calls it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import CORPUS, WORK_PLAN
from fastapi.testclient import TestClient
from pydantic import SecretStr
from staffing import PASSWORD, make_staff
from wechat_platform import APP_ID, TOKEN, Platform

from app import create_app
from ingest.pipeline.run import ingest
from kb.embedding.embedder import Embedder
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import OPERATOR, Role
from web.startup import load_models

PORTAL = "https://zcwd.example.gov.cn"

Serve = Callable[..., Platform]


@pytest.fixture(scope="module")
def kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    """A knowledge base of two documents, with an answerer."""
    settings = Settings(
        home=make_home(),
        rate_address=0,
        rate_session=0,
        portal_url=f"{PORTAL}/",
        wechat_token=SecretStr(TOKEN),
        wechat_app_id=APP_ID,
    )
    with open_knowledge_base(settings, embedder=embedder) as opened:
        files = [WORK_PLAN, CORPUS / "政府信息公开条例(2019-04-03).md"]
        assert not ingest(files, opened, progress=False).failed
        opened.staff.users.add(OPERATOR, make_staff(Role.ANSWERER), PASSWORD, datetime.now(UTC))
        load_models(opened)
        yield opened


@pytest.fixture
def serve(kb: KnowledgeBase) -> Serve:
    """serve(key=None, **settings): the platform, which calls a service with these settings.

    The service takes a minute for its replies, unless told otherwise: how busy the machine is plays no part.
    """

    def served(key: str | None = None, **settings: object) -> Platform:
        changed = replace(kb, settings=kb.settings.model_copy(update={"wechat_wait_s": 60.0, **settings}))
        return Platform(TestClient(create_app(changed), raise_server_exceptions=False), key=key)

    return served
