"""Print the table of docs/licences.md: the licence of every package that the running service needs.

The packages are those that pyproject.toml names, with all that they need in turn, as they are installed here;
extras for developers are left out, and so are the CUDA libraries of one build of torch. A licence is what the
package's own metadata says (https://packaging.python.org/en/latest/specifications/core-metadata/).
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "policy-qa-kb"
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
    waiting = [(PROJECT, extra) for extra in ("", *EXTRAS)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done or _BUILD_OF_TORCH.match(name):
            continue
        done.add((name, extra))
        found[name] = distribution(name)
        for needed in _needed(found[name], extra):
            waiting += [(canonicalize_name(needed.name), wanted) for wanted in ("", *needed.extras)]
    del found[PROJECT]
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


def _needed(package: Distribution, extra: str) -> Iterator[Requirement]:
    for line in package.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


if __name__ == "__main__":
    print(table())
