#!/usr/bin/env python3
"""Serve any GGUF model on this machine at an OpenAI-compatible address: llama.cpp, from the extra local-llm.

    .venv/bin/python scripts/local_llm.py MODEL.gguf [--port 8080] [--threads 1] [--context 4096] [--plain]

Prints the address once it answers. End it with SIGTERM: llama.cpp's threads never end by themselves, so it
always runs in a process of its own. `--plain` is for base models, which have no chat template.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

PLAIN = "{% for message in messages %}{{ message.content }}\n\n{% endfor %}答："


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 1 when the model cannot be loaded."""
    parser = argparse.ArgumentParser(description="在本机提供一个与 OpenAI 接口兼容的语言模型")
    parser.add_argument("model", type=Path, help="GGUF 模型文件")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=4_096)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="基础模型：没有对话模板")
    arguments = parser.parse_args()
    if not arguments.model.is_file():
        print(f"没有模型文件 {arguments.model}", file=sys.stderr)
        return 1
    try:
        import xllamacpp
    except ImportError:
        print("没有安装 llama.cpp；请先 pip install 'policy-qa-kb[local-llm]'", file=sys.stderr)
        return 1
    params = xllamacpp.CommonParams()
    params.model.path = str(arguments.model)
    params.hostnames = ["127.0.0.1"]
    params.port = arguments.port
    params.n_ctx = arguments.context * arguments.parallel
    params.n_parallel = arguments.parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = arguments.threads
    params.use_jinja = True
    if arguments.plain:
        params.chat_template = PLAIN
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        print(f"{arguments.model} 载入不了：{error}", file=sys.stderr)
        return 1
    print(f"{server.listening_address}/v1", flush=True)
    ended.wait()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # subtle: llama.cpp's threads would keep the interpreter from ending
