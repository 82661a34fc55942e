"""POST /api/feedback."""

import pytest
from fastapi.testclient import TestClient

from kb.citizens.journal import FeedbackReason


def ask(client: TestClient) -> str:
    return client.post("/api/ask", json={"question": "街道要安排几名政策解答员？"}).json()["id"]


@pytest.mark.parametrize("reason", [None, *FeedbackReason])
def test_feedback_can_be_repeated(client: TestClient, reason: FeedbackReason | None):
    answer_id = ask(client)
    body = {"answer_id": answer_id, "helpful": reason is None, "reason": reason, "comment": "谢谢"}
    for _ in range(2):
        response = client.post("/api/feedback", json=body)
        assert (response.status_code, response.json()) == (200, {"ok": True})


def test_feedback_on_unknown_answer_gets_404(client: TestClient):
    response = client.post("/api/feedback", json={"answer_id": "nothing", "helpful": True})
    assert response.status_code == 404
    assert "没有找到这个回答" in response.json()["error"]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"helpful": "也许"}, id="neither yes nor no"),
        pytest.param({"reason": "别的"}, id="unknown reason"),
        pytest.param({"comment": "长" * 501}, id="comment too long"),
        pytest.param({"answer_id": "a" * 65}, id="id too long"),
        pytest.param({"name": "张三"}, id="unknown field"),
    ],
)
def test_invalid_feedback_gets_chinese_error(client: TestClient, wrong: dict):
    response = client.post("/api/feedback", json={"answer_id": ask(client), "helpful": False, **wrong})
    assert response.status_code == 422
    assert "格式不对" in response.json()["error"]
