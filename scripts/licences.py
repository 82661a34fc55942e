"""Print the table of docs/licences.md: the licence of every package that the running service needs.

The packages are those that pyproject.toml names, with all that they need in turn, as they are installed here;
extras for developers are left out, and so are the CUDA libraries of one build of torch. A licence is what the
package's own metadata says (https://packaging.python.org/en/latest/specifications/core-metadata/).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = ("postgresql",)  # what an operator may add
_BUILD_OF_TORCH = re.compile(r"(triton|cuda|nvidia)\b")
_SPDX = {  # as packages write it: its SPDX identifier, where it means one licence
    "MIT License": "MIT",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "The BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "PSFL": "PSF-2.0",
}


def runtime_packages() -> dict[str, Distribution]:
    """Every installed package that the service needs, by canonical name, in order.

    Raises:
        PackageNotFoundError: one is not installed.
    """
    found: dict[str, Distribution] = {}
    done: set[tuple[str, str]] = set()
    waiting = list(_asked(_stated()))
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done or _BUILD_OF_TORCH.match(name):
            continue
        done.add((name, extra))
        found[name] = distribution(name)
        waiting += _asked(_needed(found[name].requires or (), extra))
    return dict(sorted(found.items()))


def licence_of(package: Distribution) -> str:
    """The licence that a package states: an SPDX expression where it gives one, else its own words."""
    fields = package.metadata
    if expression := fields.get("License-Expression"):
        return expression
    stated = (fields.get("License") or "").strip().splitlines()[:1]
    if not stated or stated[0].startswith("Copyright"):  # the field may hold the whole text
        classifiers = fields.get_all("Classifier") or ()
        stated = [line.rsplit(" :: ", 1)[-1] for line in classifiers if line.startswith("License :: ")]
    return "、".join(_SPDX.get(words, words) for words in stated)


def table() -> str:
    """The table in Markdown, one row a package."""
    rows = [
        f"| [{package.metadata['Name']}](https://pypi.org/project/{name}/) | {licence_of(package)} |"
        for name, package in runtime_packages().items()
    ]
    return "\n".join(["| 软件包 | 许可 |", "|---|---|", *rows])


def _stated() -> Iterator[Requirement]:
    """What pyproject.toml names: the metadata of an installation may be older."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = (project["optional-dependencies"][extra] for extra in EXTRAS)
    yield from _needed([*project["dependencies"], *chain.from_iterable(extras)], "")


def _asked(needed: Iterable[Requirement]) -> Iterator[tuple[str, str]]:
    for requirement in needed:
        yield from ((canonicalize_name(requirement.name), extra) for extra in ("", *requirement.extras))


def _needed(lines: Iterable[str], extra: str) -> Iterator[Requirement]:
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


if __name__ == "__main__":
    print(table())
