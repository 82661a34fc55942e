"""The language model's client against a server that misbehaves in every way a server can."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_model import (
    Cut,
    Length,
    Raw,
    ScriptedModel,
    Status,
    Wait,
    in_turn,
    says,
    scripted_model,
    steps,
    took,
)

from kb.errors import LlmError, LlmFailure
from kb.llm.gate import FAILURES, REST, WAITING, Breaker, Turns
from kb.llm.language_model import LanguageModel
from kb.llm.options import LlmOptions, Messages
from kb.metrics import Metrics

ROOT = Path(__file__).parents[3]
ASKED = Messages(system="规则", user="问题")


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


def client(server: ScriptedModel, **options: object) -> LanguageModel:
    limits = {"connect_s": 10.0, "first_token_s": 20.0, "total_s": 40.0, **options}
    return LanguageModel(LlmOptions(base_url=server.url, model="scripted", **limits), Metrics())


def failure_of(model: LanguageModel) -> LlmFailure:
    with pytest.raises(LlmError) as caught:
        model.ask(ASKED)
    return caught.value.failure


def test_pieces_arrive_as_the_server_sends_them(server: ScriptedModel):
    server.script = steps("街道", Wait(0.4), "安排1-2名。")
    start, seen = time.monotonic(), []
    for piece in client(server).stream(ASKED):
        seen.append((piece, took(start)))
    assert [piece for piece, _ in seen] == ["街道", "安排1-2名。"]
    assert seen[1][1] - seen[0][1] > 0.3
    assert server.asked == [[{"role": "system", "content": "规则"}, {"role": "user", "content": "问题"}]]


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        pytest.param(steps(Wait(60)), LlmFailure.FIRST_TOKEN, id="accepts_and_says_nothing"),
        pytest.param(
            steps(Raw(b": "), *[step for _ in range(600) for step in (Wait(0.1), Raw(b"."))]),
            LlmFailure.FIRST_TOKEN, id="drips_bytes_that_are_no_token",
        ),
        pytest.param(
            steps(*[step for _ in range(200) for step in ("字", Wait(0.3))]),
            LlmFailure.TOTAL, id="drips_tokens_for_ever",
        ),
        pytest.param(steps("一句", Wait(60)), LlmFailure.TOTAL, id="falls_silent_in_mid_answer"),
    ],
)  # fmt: skip
def test_request_ends_at_its_time_limit(server: ScriptedModel, script, failure: LlmFailure):
    """The server would go on for a minute."""
    server.script = script
    limits = {LlmFailure.FIRST_TOKEN: (1.0, 20.0), LlmFailure.TOTAL: (4.0, 4.0)}[failure]
    model, start = client(server, first_token_s=limits[0], total_s=limits[1]), time.monotonic()
    assert failure_of(model) is failure
    assert min(limits) - 0.1 <= took(start) < 20
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        pytest.param(steps("一句", Cut()), LlmFailure.CUT, id="cut_in_mid_answer"),
        pytest.param(steps(Status(401)), LlmFailure.REJECTED, id="wrong_key"),
        pytest.param(steps("说不完", Length()), LlmFailure.TOO_LONG, id="limit_of_tokens"),
        pytest.param(steps("一句", Raw(b"data: {broken\n\n")), LlmFailure.GARBLED, id="wrong_json_later"),
    ],
)
def test_broken_answer_is_not_asked_for_again(server: ScriptedModel, script, failure: LlmFailure):
    server.script = script
    assert failure_of(client(server, first_token_s=20.0, total_s=40.0)) is failure
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (steps(Status(500)), LlmFailure.SERVER),
        (steps(Status(429, {"Retry-After": "0"})), LlmFailure.RATE_LIMITED),
        (steps(Raw(b"data: [1, 2]\n\n")), LlmFailure.GARBLED),
        (steps(Raw(b"data: {\"choices\": 7}\n\n")), LlmFailure.GARBLED),
        (steps(Raw(b"<html>welcome</html>"), Cut()), LlmFailure.CUT),
    ],
    ids=["500", "429", "json_list", "json_of_another_shape", "a_web_page"],
)  # fmt: skip
def test_failure_before_the_first_token_is_tried_again_twice(
    server: ScriptedModel, script, failure: LlmFailure
):
    server.script = script
    assert failure_of(client(server, first_token_s=5.0, total_s=6.0)) is failure
    assert len(server.asked) == 3


def test_second_try_can_succeed(server: ScriptedModel):
    server.script = in_turn(steps(Status(503)), says("好。"))
    assert client(server, first_token_s=5.0, total_s=6.0).ask(ASKED) == "好。"


def test_retry_after_is_obeyed_within_the_time_limit(server: ScriptedModel):
    server.script = in_turn(steps(Status(429, {"Retry-After": "1"})), says("好。"))
    start = time.monotonic()
    assert client(server, first_token_s=5.0, total_s=6.0).ask(ASKED) == "好。"
    assert took(start) >= 1
    server.script = steps(Status(429, {"Retry-After": "600"}))
    start = time.monotonic()
    assert failure_of(client(server, first_token_s=5.0, total_s=6.0)) is LlmFailure.RATE_LIMITED
    assert took(start) < 2


def test_address_without_server_is_a_connect_failure(server: ScriptedModel):
    options = LlmOptions(base_url="http://127.0.0.1:9/v1", model="m", first_token_s=1.0, total_s=2.0)
    start = time.monotonic()
    assert failure_of(LanguageModel(options, Metrics())) is LlmFailure.CONNECT
    assert took(start) < 2


def test_closed_stream_ends_the_request_and_its_thread(server: ScriptedModel):
    server.script = steps("第一句。", Wait(60))
    stream = client(server, first_token_s=20.0, total_s=50.0).stream(ASKED)
    assert next(stream) == "第一句。"
    stream.close()
    deadline = time.monotonic() + 30
    while any(thread.name == "llm" for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "the reading thread still waits for the server"
        time.sleep(0.02)


def test_model_rests_after_three_failures_then_one_call_tries(server: ScriptedModel):
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    limits = {"first_token_s": 1.0, "total_s": 2.0}
    model = LanguageModel(LlmOptions(base_url=server.url, model="m", **limits), Metrics(), breaker)
    server.script = steps(Status(400))
    assert [failure_of(model) for _ in range(FAILURES)] == [LlmFailure.REJECTED] * FAILURES
    assert failure_of(model) is LlmFailure.RESTING
    assert (len(server.asked), breaker.is_open) == (FAILURES, True)
    now[0] += REST + 1
    assert failure_of(model) is LlmFailure.REJECTED
    assert failure_of(model) is LlmFailure.RESTING
    now[0] += REST + 1
    server.script = says("好了。")
    assert model.ask(ASKED) == model.ask(ASKED) == "好了。"
    assert not breaker.is_open


def test_concurrency_limits_calls_at_once(server: ScriptedModel):
    server.script = steps("好", Wait(0.1), "。")
    model = client(server, concurrency=2, first_token_s=10.0, total_s=20.0)
    threads = [threading.Thread(target=model.ask, args=(ASKED,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(server.asked), server.most_at_once) == (8, 2)


def test_turns_are_given_in_order_of_asking():
    turns, order = Turns(1), []

    def wait_for_turn(name: int) -> None:
        with turns.taken(time.monotonic() + 5):
            order.append(name)

    with turns.taken(time.monotonic() + 5):
        threads = []
        for name in range(WAITING):
            threads.append(threading.Thread(target=wait_for_turn, args=(name,)))
            threads[-1].start()
            while turns.waiting <= name:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(WAITING))


def test_caller_not_served_in_time_leaves_the_queue():
    turns = Turns(1)
    with turns.taken(time.monotonic() + 5):
        with pytest.raises(LlmError) as caught, turns.taken(time.monotonic() + 0.1):
            pass
        assert (caught.value.failure, turns.waiting) == (LlmFailure.BUSY, 0)
    with turns.taken(time.monotonic()):
        pass


def test_full_queue_refuses_at_once():
    turns = Turns(1)
    threads = []
    with turns.taken(time.monotonic() + 5):
        for name in range(WAITING):

            def wait_for_turn() -> None:
                with turns.taken(time.monotonic() + 5):
                    pass

            threads.append(threading.Thread(target=wait_for_turn))
            threads[-1].start()
            while turns.waiting <= name:
                time.sleep(0.001)
        with pytest.raises(LlmError) as caught, turns.taken(time.monotonic() + 5):
            pass
        assert caught.value.failure is LlmFailure.BUSY
    for thread in threads:
        thread.join()


def test_client_is_not_imported_without_a_model():
    """The import takes two seconds, which are wasted where no model is set."""
    heavy = ("openai", "llama_index.llms.openai")
    code = f"import app, sys; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
