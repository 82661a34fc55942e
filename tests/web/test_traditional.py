"""Traditional characters for readers who prefer them; ids and other lookup values stay as they are."""

import json
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from web.citizen.ask import event
from web.traditional import (
    MAX_TEXTS,
    Traditional,
    prefers_traditional,
    traditional,
    traditional_page,
)

QUESTION = "申请信息公开多少天答复？"
HANT = {"Accept-Language": "zh-Hant"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("zh-TW", True, id="Taiwan"),
        pytest.param("zh-HK,zh;q=0.9,en;q=0.8", True, id="Hong Kong"),
        pytest.param("zh-Hant-MO", True, id="Macao"),
        pytest.param("en-US, zh-tw;q=0.5", True, id="the only Chinese there is"),
        pytest.param("zh-TW;q=0.5, zh-CN;q=0.9", False, id="prefers simplified"),
        pytest.param("zh-CN,zh;q=0.9,zh-TW;q=0.8", False, id="simplified first"),
        pytest.param("zh-Hans-HK", False, id="simplified in Hong Kong"),
        pytest.param("zh-TW;q=0", False, id="not wanted"),
        pytest.param("zh-TW;q=many", False, id="no weight"),
        pytest.param("en", False, id="English"),
        pytest.param("", False, id="nothing"),
        pytest.param(",;=,zh-,;q=1", False, id="nonsense"),
    ],
)
def test_accept_language_decides_preference(header: str, expected: bool):
    assert prefers_traditional(header) is expected


def test_answer_is_converted_but_ids_and_offsets_are_not(client: TestClient):
    plain = client.post("/api/ask", json={"question": QUESTION})
    traditional_response = client.post("/api/ask", json={"question": QUESTION}, headers=HANT)
    assert traditional_response.headers["content-language"] == "zh-Hant"
    assert "content-language" not in plain.headers
    for response in (plain, traditional_response):
        assert "Accept-Language" in response.headers["vary"]
    first, second = plain.json(), traditional_response.json()
    assert "行政機關" in second["text"]
    assert second["text"] == traditional(first["text"])
    assert second["kind"] == first["kind"] == "extract"
    for simplified, converted in zip(first["citations"], second["citations"], strict=True):
        for field in ("document_id", "chunk_id", "url", "start", "end"):
            assert converted[field] == simplified[field]
        assert converted["document"] == "中華人民共和國政府信息公開條例"


def test_traditional_question_is_answered(client: TestClient):
    answer = client.post("/api/ask", json={"question": "申請信息公開多少天答復？"}, headers=HANT).json()
    assert "20個工作日" in answer["text"]


def test_streamed_events_are_converted(client: TestClient):
    headers = {**HANT, "Accept": "text/event-stream"}
    text = client.post("/api/ask", json={"question": QUESTION}, headers=headers).text
    data = [json.loads(line) for line in re.findall(r"^data: (.*)$", text, re.MULTILINE)]
    assert re.findall(r"^event: (.*)$", text, re.MULTILINE)[-1] == "done"
    assert text.endswith("\n\n")
    whole = "".join(content["text"] for content in data if list(content) == ["text"])
    assert whole == client.post("/api/ask", json={"question": QUESTION}, headers=HANT).json()["text"]
    assert "机关" not in text


def test_word_split_over_two_events_is_converted_whole():
    def stream() -> Iterator[str]:
        yield event("token", {"text": "发文单位，理头"})
        yield event("token", {"text": "发"})
        yield event("error", {"error": "台风"})

    app = FastAPI()
    app.add_middleware(Traditional)
    app.get("/api/stream")(lambda: StreamingResponse(stream(), media_type="text/event-stream"))
    assert TestClient(app).get("/api/stream", headers=HANT).text == "".join(
        (
            event("token", {"text": "發文單位，"}),
            event("token", {"text": "理頭髮"}),
            event("error", {"error": "颱風"}),
        )
    )


def test_json_names_and_keys_are_not_converted():
    value = {"name": "范干", "department": "区发展和改革委员会", "状态": ["台湾", 1, None, True]}
    assert traditional(value) == {
        "name": "范干",
        "department": "區發展和改革委員會",
        "状态": ["臺灣", 1, None, True],
    }


def test_page_conversion_keeps_addresses_ids_and_values():
    page = '<a href="/x?q=国" id="国" title="国">国 &lt;国&gt;</a><input value="国" aria-label="国">'
    assert traditional_page(page) == (
        '<a href="/x?q=国" id="国" title="國">國 &lt;國&gt;</a><input value="国" aria-label="國">'
    )


def test_traditional_route_converts_texts(client: TestClient):
    response = client.post("/api/traditional", json={"texts": ["规范性文件", "", "<b>后天</b>"]})
    assert response.json() == {"texts": ["規範性文件", "", "<b>後天</b>"]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"texts": ["国"] * (MAX_TEXTS + 1)}, id="too many"),
        pytest.param({"texts": ["国" * 20_481]}, id="too long"),
        pytest.param({"texts": [1]}, id="a number"),
        pytest.param({"texts": "国"}, id="not a list"),
        pytest.param({}, id="nothing"),
    ],
)
def test_invalid_texts_get_chinese_error(client: TestClient, body: dict):
    response = client.post("/api/traditional", json=body)
    assert response.status_code == 422
    assert "格式不对" in response.json()["error"]


def test_page_links_keep_script_and_size(client: TestClient):
    page = client.get("/?script=hant&large=1").text
    assert '<html lang="zh-Hant" class="large">' in page
    assert "解什麼政策" in page
    links = re.findall(r'href="(/(?:chat|doc|privacy)?[^"]*)"', page)
    own_links = [link for link in links if not link.startswith(("/static", "/manifest"))]
    keeping_links = [link for link in own_links if "script=hant" in link and "large=1" in link]
    assert set(own_links) - set(keeping_links) == {
        "/?large=1",
        "/?script=hant",
        "/feed.atom",
        "/feed.json",
    }  # the two links that switch back, and the feeds, which have neither
    document_link = next(link for link in keeping_links if link.startswith("/doc/"))
    document_page = client.get(document_link.replace("&amp;", "&")).text
    assert "條" in document_page and 'lang="zh-Hant"' in document_page
