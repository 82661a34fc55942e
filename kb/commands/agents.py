"""`python -m kb mcp`: the knowledge base as an MCP server on stdin and stdout, for an agent on this machine.

Each call goes to the service that holds KB_HOME. While none runs, the first call opens KB_HOME here, and it
stays open to the end: loading the model again for each question would take seconds.
"""

from contextlib import ExitStack
from threading import Lock

from kb.commands.agent_tools import AgentTool
from kb.commands.options import one_sentence
from kb.commands.tasks import in_service
from kb.commands.terminal import Console, Kept, ProgressStep
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings, read_settings
from kb.storage.parts import open_sql


class _Quiet(Console):
    """The console of a call: what comes from the service is kept, nothing is printed."""

    text = ""

    def result(self, text: str) -> None:
        """Keep the result."""
        self.text = text

    def tell(self, text: str) -> None:
        """Keep the sentence."""
        self.text = text

    def step(self, step: ProgressStep) -> None:
        """Discard the call."""


class Home:
    """Runs tools in the service, or here while no service holds KB_HOME."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._lock = Lock()
        self._kb: KnowledgeBase | None = None

    def call(self, tool: AgentTool) -> tuple[int, str]:
        """The exit code of `tool`, and its result or the sentence why there is none.

        Raises:
            KbError: KB_HOME cannot be opened, or the service ended in the middle.
        """
        if self._kb is None:
            console = _Quiet()
            code = in_service(tool, self._settings, console)
            if code is not None:
                return code, console.text
        kept = Kept()
        return tool.run(self._opened(), kept), kept.text

    def _opened(self) -> KnowledgeBase:
        with self._lock:
            if self._kb is None:
                self._kb = self._stack.enter_context(open_knowledge_base(self._settings, Console().tell))
            return self._kb


def mcp() -> None:
    """MCP 服务（标准输入输出），供本机的智能体调用：提问、检索、读文件。服务运行时交给服务。"""
    from kb.commands.mcp_server import serve_stdio  # half a second that no other command needs

    with one_sentence(), ExitStack() as stack:
        settings = read_settings()
        with open_sql(settings):  # a wrong KB_HOME is told now, not at the first question
            pass
        serve_stdio(Home(settings, stack).call)
