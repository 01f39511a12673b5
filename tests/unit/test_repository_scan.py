"""No key is in the repository, and every dependency is pinned by version and hash, and has no known weakness."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from detect_secrets import SecretsCollection
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.settings import transient_settings

from local.checks import _LOCKS
from local.settings import ROOT

LOCKS = [f"{name}.txt" for name in _LOCKS]
# These tell a secret by the name of what holds it, or by how random it looks. Tests are full of such texts by intent.
_GUESSING = {"KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString"}
_FILTERS = (
    "detect_secrets.filters.heuristic.is_indirect_reference",
    "detect_secrets.filters.heuristic.is_likely_id_string",
    "detect_secrets.filters.heuristic.is_potential_uuid",
    "detect_secrets.filters.heuristic.is_prefixed_with_dollar_sign",
    "detect_secrets.filters.heuristic.is_sequential_string",
    "detect_secrets.filters.heuristic.is_templated_secret",
    "detect_secrets.filters.allowlist.is_line_allowlisted",
)
# Looked at and found to be none: file, kind, and the text's SHA-1. `detect-secrets scan FILE` tells the latter.
REVIEWED = {
    # A sentence about parameters.
    ("local/airflow_settings.py", "Secret Keyword", "f27f8e4544ecb5057a9b2533a9d35a2eca4c4d6b"),
    # The blanks of the form that .env is.
    ("local/compose_env.py", "Basic Auth Credentials", "112bb791304791ddcf692e29fd5cf149b35fea37"),
    ("local/compose_env.py", "Basic Auth Credentials", "3c3b274d119ff5a5ec6c1e215c1cb794d9973ac1"),
    ("docs/deploy/helm.md", "Basic Auth Credentials", "112bb791304791ddcf692e29fd5cf149b35fea37"),
    # Names of Kubernetes' secrets.
    ("deploy/helm/values.yaml", "Secret Keyword", "13cca04e2f48925ccb39d1845a880c66dbb83e2e"),
    ("deploy/helm/values.yaml", "Secret Keyword", "ff45a002822dd10119a2752b14bf19aa2abfd38f"),
    ("deploy/helm/values.yaml", "Secret Keyword", "1b174260dee6ef5d1d367ef20991d7559e7993e7"),
    # The words `word` and `secret`, as passwords of hosts that do not exist.
    ("tests/deploy/test_mwaa.py", "Basic Auth Credentials", "3cbcd90adc4b192a87a625850b7f231caddf0eb3"),
    ("tests/unit/test_compose.py", "Basic Auth Credentials", "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"),
    # The key of AWS's own documentation. On one line its SHA-1 and these words look like another.
    (
        "tests/unit/plugins/test_sql_text.py",
        "AWS Access Key",
        "25910f981e85ca04baf359199dd0bd4a3ae738b6",
    ),
}


_PIN = re.compile(r"[a-z0-9][\w.-]*==[\w.!+-]+( ;[^#]*?)? +--hash=sha256:[0-9a-f]{64}")


def tracked(*options: str) -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True, text=True, check=True)
    # A file that is removed and not committed yet is still listed.
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def scan(files: Iterable[str], directory: Path = ROOT, *, guessing: bool) -> set[tuple[str, str, str]]:
    """File, kind and SHA-1 of every text that looks like a key."""
    classes: Iterable[type] = get_mapping_from_secret_type_to_class().values()
    known = {each.__name__ for each in classes}
    plugins = sorted(known if guessing else known - _GUESSING)
    # Addresses are no secrets.
    used = [{"name": name} for name in plugins if name != "IPPublicDetector"]
    with transient_settings({"plugins_used": used, "filters_used": [{"path": path} for path in _FILTERS]}):
        found = SecretsCollection(root=str(directory))
        for file in files:
            found.scan_file(file)
        return {(file, secret.type, secret.secret_hash) for file, secret in found}


def test_a_key_in_a_file_is_found(tmp_path: Path) -> None:
    # Put together here, or this file would be found.
    samples = {
        "AWS Access Key": 'key = "AKIA' + 'Z7QWERTY3UIOPAS5"',
        "Private Key": "-----BEGIN RSA " + "PRIVATE KEY-----",
        "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9."
        + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "GitHub Token": "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5",
        "Basic Auth Credentials": "postgresql://loader:" + "Xk29fjQpw7@cluster.example/dev",
    }
    for kind, text in samples.items():
        (tmp_path / "file.txt").write_text(f"first\n{text}\n")
        assert kind in {found[1] for found in scan(["file.txt"], tmp_path, guessing=False)}
    (tmp_path / "settings.py").write_text('password = "Xk29fjQpw7Lm"\n')
    assert {found[1] for found in scan(["settings.py"], tmp_path, guessing=True)} == {"Secret Keyword"}


@pytest.mark.slow
def test_no_key_is_in_a_tracked_file() -> None:
    files = tracked()
    assert len(files) > 300
    lenient = [file for file in files if file.startswith(("tests/", "docs/")) or file in LOCKS]
    found = scan(lenient, guessing=False) | scan(sorted(set(files) - set(lenient)), guessing=True)
    assert found - REVIEWED == set()
    # What is gone need not be passed over any more.
    assert REVIEWED - found == set()


def requirements(lock: str) -> list[tuple[str, str]]:
    """Name and the rest of each requirement of a lock file, continuation lines included."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(re.split(r"[^\w.-]", line, maxsplit=1)[0], line) for line in lines]


def normal(name: str) -> str:
    """A package's name as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_by_version_and_hash_and_from_no_index_of_ours(lock: str) -> None:
    assert requirements(lock)
    for name, line in requirements(lock):
        assert re.match(r"[a-z0-9][\w.-]*==[\w.!+-]+( ;[^#]*?)? +--hash=sha256:[0-9a-f]{64}", line), (
            f"{lock}: {line[:80]}"
        )
        assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host| @ |://", line), f"{lock}: {name}"


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_asked_for_is_in_the_lock(lock: str) -> None:
    locked = {normal(name) for name, _ in requirements(lock)}
    asked = (ROOT / lock).with_suffix(".in").read_text()
    names = re.findall(r"^([A-Za-z][\w.-]*)", asked, flags=re.MULTILINE)
    assert names
    assert [name for name in names if normal(name) not in locked] == []


def test_no_requirements_are_without_a_lock() -> None:
    files = tracked("--cached", "--others", "--exclude-standard")
    asked = {file for file in files if re.search(r"requirements[^/]*\.(in|txt)$", file)}
    assert asked == {name for lock in LOCKS for name in (lock, lock.removesuffix("txt") + "in")}


def audit(*locks: Path) -> tuple[list[dict[str, Any]] | None, str]:
    """What pip-audit knows of each dependency, None if it could not ask; and what it says."""
    files = [part for lock in locks for part in ("--requirement", str(lock))]
    options = ["--format", "json", "--progress-spinner", "off", "--disable-pip", "--require-hashes"]
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", *options, *files], capture_output=True, text=True, check=False
    )
    said = done.stderr.strip().splitlines()
    return (json.loads(done.stdout)["dependencies"] if done.stdout else None), said[-1] if said else ""


@pytest.mark.slow
def test_no_dependency_has_a_known_weakness(tmp_path: Path) -> None:
    # One first. An index that knows nothing of weaknesses answers as if no package existed, and pip-audit
    # then finds no weakness in any of them.
    (tmp_path / "one.txt").write_text(requirements(LOCKS[0])[0][1])
    one, said = audit(tmp_path / "one.txt")
    if not one or "skip_reason" in one[0]:
        pytest.skip(f"pip-audit's service cannot be reached from here: {one[0]['skip_reason'] if one else said}")
    # The last lock is of an environment of its own; in one, pip-audit wants one version of each.
    for locks in (LOCKS[:-1], LOCKS[-1:]):
        every, said = audit(*(ROOT / lock for lock in locks))
        assert every, said
        assert [each for each in every if "skip_reason" in each or each["vulns"]] == []
