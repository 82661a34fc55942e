"""The lock files name everything that an install brings, with a hash where every index has the same file."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
HASHED = ("requirements.lock", "requirements-llm.lock")
LOCKS = (*HASHED, "requirements-torch.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def entries(lock: str) -> list[str]:
    """The packages of a lock file, each with its hashes and comments."""
    return re.findall(r"^\w.*\n(?:    .*\n)*", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)


def requirement_of(entry: str) -> Requirement:
    return Requirement(entry.splitlines()[0].removesuffix(" \\"))


def locked_here() -> dict[str, Version]:
    """The locked packages that this Python on this machine gets, with their versions."""
    found = {}
    for requirement in (requirement_of(entry) for lock in LOCKS for entry in entries(lock)):
        if requirement.marker is None or requirement.marker.evaluate():
            (pin,) = requirement.specifier
            assert pin.operator == "==", requirement
            found[canonicalize_name(requirement.name)] = Version(pin.version)
    return found


def named_requirements() -> list[Requirement]:
    """What pyproject.toml names: to run, for every extra, and to build."""
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    return [
        Requirement(line)
        for line in [*project["dependencies"], *extras, *PROJECT["build-system"]["requires"]]
    ]


@pytest.mark.parametrize("requirement", named_requirements(), ids=lambda requirement: requirement.name)
def test_lock_holds_an_allowed_version_of_every_named_requirement(requirement: Requirement):
    version = locked_here().get(canonicalize_name(requirement.name))
    assert version is not None, "make lock"
    assert version in requirement.specifier, "make lock"


def test_lock_holds_what_locked_packages_need_in_turn():
    locked, wrong = locked_here(), []
    for name in locked:
        try:
            needs = [Requirement(line) for line in distribution(name).requires or ()]
        except PackageNotFoundError:  # the language model of the tests, another build of torch
            continue
        for need in needs:
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                version = locked.get(canonicalize_name(need.name))
                if version is None or version not in need.specifier:
                    wrong.append(f"{name}: {need}, locked {version}")
    assert wrong == []


def test_installed_packages_have_the_locked_versions():
    different = []
    for name, version in locked_here().items():
        try:
            installed = Version(distribution(name).version)
        except PackageNotFoundError:
            continue
        if installed.public != version.public:  # a local part, as in 2.13.0+cpu, names the build
            different.append(f"{name} {installed}, locked {version}")
    assert different == [], "make install"


@pytest.mark.parametrize("lock", HASHED)
def test_locked_files_have_hashes(lock: str):
    assert [entry for entry in entries(lock) if "--hash=sha256:" not in entry] == []


def test_builds_of_torch_have_no_hashes():
    packages = {requirement_of(entry).name for entry in entries("requirements-torch.lock")}
    assert "torch" in packages
    assert "--hash" not in "".join(entries("requirements-torch.lock"))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_place(lock: str):
    """Neither the address of an index nor a folder of the machine that wrote it."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|^--?(?:index|extra|find|trusted|i\b|f\b)|(?<![\w.])/\w", text, re.MULTILINE)
