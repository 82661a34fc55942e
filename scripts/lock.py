"""Write the lock files: the exact version of every package, direct and indirect, that this project installs.

    requirements.lock        to run and to develop; pip installs a file only if its SHA-256 stands there
    requirements-llm.lock    the small language model of the tests, likewise
    requirements-torch.lock  torch and its CUDA libraries: versions only, as each index has a build of its own

uv resolves pyproject.toml for every machine and every Python that it allows; where two Pythons need two
versions of a package, markers tell them apart. Versions locked before are kept as long as pyproject.toml
allows them. Options go to uv: `--upgrade` takes the newest version of every package, `--upgrade-package NAME`
that of one. No address of an index gets into the files.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
MAIN, LLM, TORCH = (ROOT / f"requirements{part}.lock" for part in ("", "-llm", "-torch"))
_LLM_EXTRAS = ("local-llm", "test-weights")
_BUILD_OF_TORCH = re.compile(r"(torch|triton|cuda-[\w-]+|nvidia-[\w-]+)==")
_HASH = re.compile(r" \\\n    --hash=\S+")
_HEAD = "# make lock\n"


def entries(lock: str) -> list[str]:
    """The packages of a lock file, each with its hashes and the comment on who needs it."""
    return re.findall(r"^[a-z0-9].*\n(?:    .*\n)*", lock, re.MULTILINE)


def resolve(extras: Sequence[str], options: Sequence[str], known: str) -> list[str]:
    """The packages that the project with `extras` needs; the versions of the lock `known` are preferred."""
    with TemporaryDirectory() as folder:
        build, output = Path(folder) / "build-system.in", Path(folder) / "lock"
        build.write_text("\n".join(_project()["build-system"]["requires"]), encoding="utf-8")
        output.write_text(known, encoding="utf-8")
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", str(build)),
                *(f"--extra={extra}" for extra in extras),
                *("--universal", "--generate-hashes", "--no-header", "--quiet", f"--output-file={output}"),
                *options,
            ],
            cwd=ROOT,
            check=True,
        )
        return entries(
            output.read_text(encoding="utf-8").replace(f"-r {build}", "build-system (pyproject.toml)")
        )


def main(options: Sequence[str]) -> None:
    """Write the three files."""
    known = "".join(file.read_text(encoding="utf-8") for file in (MAIN, LLM, TORCH) if file.exists())
    extras = list(_project()["project"]["optional-dependencies"])
    everything = resolve(extras, options, known)
    without_llm = resolve([extra for extra in extras if extra not in _LLM_EXTRAS], (), "".join(everything))
    names = {_pin(entry) for entry in without_llm}
    torch = [_HASH.sub("", entry) for entry in without_llm if _BUILD_OF_TORCH.match(entry)]
    _write(MAIN, [entry for entry in without_llm if not _BUILD_OF_TORCH.match(entry)])
    _write(LLM, [entry for entry in everything if _pin(entry) not in names])
    _write(TORCH, torch)


def _project() -> dict[str, dict]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pin(entry: str) -> str:
    return entry.split(" ")[0].strip()


def _write(file: Path, packages: Sequence[str]) -> None:
    file.write_text(_HEAD + "".join(packages), encoding="utf-8")
    print(f"{file.name}：{len(packages)} 个软件包")


if __name__ == "__main__":
    main(sys.argv[1:])
