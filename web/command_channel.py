"""The service's end of the channel (kb.commands.channel): runs the commands of this machine's user.

Commands run on the open knowledge base. Each connection has its own thread, so the web keeps answering
meanwhile. Commands change data under the same locks as staff in the console.
"""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from kb.commands.channel import SOCKET, FarTerminal, is_own_user, listen, read_call, wait_for_stop
from kb.commands.tasks import Command, command_of
from kb.errors import KbError
from kb.knowledge_base import KnowledgeBase
from web.errors import sentence_for

_END_SECONDS = 30.0  # seconds for running commands to finish when the service ends


@contextmanager
def commands_served(kb: KnowledgeBase, known: Sequence[type[Command]]) -> Iterator[None]:
    """Context manager: accept `known` commands on the socket in KB_HOME; stop running ones on exit.

    Raises:
        SettingsError: the socket cannot be made in KB_HOME.
    """
    open_terminals: set[FarTerminal] = set()
    threads: list[threading.Thread] = []
    ending = threading.Event()
    with listen(kb.settings.home) as listening:

        def accept() -> None:
            while not ending.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:  # shut down, or too many files are open at the moment
                    ending.wait(1)
                    continue
                threads[:] = [thread for thread in threads if thread.is_alive()]
                thread = threading.Thread(
                    target=_serve, args=(connection, kb, known, open_terminals), name="command", daemon=True
                )
                threads.append(thread)
                thread.start()

        accepting = threading.Thread(target=accept, name="commands", daemon=True)
        accepting.start()
        try:
            yield
        finally:
            ending.set()
            (kb.settings.home / SOCKET).unlink(missing_ok=True)
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for terminal in tuple(open_terminals):
                terminal.stop()
            for thread in threads:
                thread.join(_END_SECONDS)


def _serve(
    connection: socket.socket,
    kb: KnowledgeBase,
    known: Sequence[type[Command]],
    open_terminals: set[FarTerminal],
) -> None:
    """Read one command from `connection`, run it and send its exit code."""
    with connection, connection.makefile("rb") as lines:
        call = read_call(lines) if is_own_user(connection) else None
        if call is None:
            return
        terminal = FarTerminal(connection)
        open_terminals.add(terminal)
        waiting = threading.Thread(target=wait_for_stop, args=(lines, terminal.stop), daemon=True)
        waiting.start()
        try:
            code = command_of(call, known).run(kb, terminal)
        except KbError as error:
            terminal.tell(str(error))
            code = 1
        except Exception as error:
            terminal.tell(sentence_for(error))
            code = 1
        finally:
            open_terminals.discard(terminal)
        terminal.finish(code)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        waiting.join()
