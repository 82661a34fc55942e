"""A member of staff at the console, who calls its functions over HTTP as Gradio's page does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

API = "/console/gradio_api"
SESSION = "hash0123456"


@dataclass(frozen=True)
class Answer:
    """What a call of a function gave: the status, and the text of the request's answer and of its events."""

    status: int
    text: str

    @property
    def output(self) -> Any:
        """The values that the function gave to the page."""
        lines = [json.loads(line[6:]) for line in self.text.splitlines() if line.startswith("data: ")]
        ended = next(line for line in lines if line["msg"] == "process_completed")
        assert ended["success"], ended
        return ended["output"]["data"]


@dataclass(frozen=True)
class Member:
    """A signed-in member of staff; `blocks` is the console's page."""

    client: httpx.Client
    blocks: Any

    def call(self, number: int, data: Sequence[object], event: object = None) -> Answer:
        """Call function `number`; wait until it has ended."""
        body = {"data": data, "fn_index": number, "event_data": event, "session_hash": SESSION}
        joined = self.client.post(f"{API}/queue/join", json=body)
        if joined.status_code != 200:
            return Answer(joined.status_code, joined.text)
        events = self.client.get(f"{API}/queue/data", params={"session_hash": SESSION})
        return Answer(events.status_code, f"{joined.text}\n{events.text}")

    def press(self, label: str, *data: object, last: str = "Dropdown") -> Answer:
        """Press the button `label` of a part whose first input is a file and whose last is a `last`.

        `data` are the values of the part's inputs.
        """
        numbers = [
            number
            for number, fn in self.blocks.fns.items()
            for target, _ in fn.targets
            if getattr(self.blocks.blocks.get(target), "value", None) == label
            and type(fn.inputs[0]).__name__ == "File"
            and type(fn.inputs[-1]).__name__ == last
        ]
        assert len(numbers) == 1, f"{label}: {numbers}"
        return self.call(numbers[0], data)

    def upload(self, *files: tuple[str, bytes]) -> httpx.Response:
        """Upload files as the page does; the answer lists their paths on the server."""
        return self.client.post(f"{API}/upload", files=[("files", file) for file in files])


def file_value(path: object) -> dict[str, object]:
    """The value of a file field that holds the file at `path`, as the page sends it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}
