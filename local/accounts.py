"""The system user that PostgreSQL runs as, and a place that this user can reach.

PostgreSQL refuses to run as root. As an ordinary user there is nothing to do: it runs as that user, inside
the home. As root it runs as `nobody`, who must be able to walk down to its data and its program.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.errors import StackError

# Where root keeps what `nobody` could not reach inside the home: a fixed place, because the link in the
# home and the note beside the data must find each other again.
SHARED = Path("/var/lib/sparkify")


@dataclass(frozen=True)
class Account:
    """A system user, by its numbers."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the user to run PostgreSQL as: None for an ordinary user (itself), `nobody` for root.

    Raises StackError for root on a system that has no `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StackError(
            "PostgreSQL refuses to run as root, and there is no user `nobody` to run it as",
            "run ./sparkify as an ordinary user",
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Tell whether `account` can walk down to `path` and enter or execute it, as the system sees it."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(
            f"root may not become `{account.name}` here ({error}), and PostgreSQL refuses to run as root",
            "run ./sparkify as an ordinary user",
        ) from error
    return done.returncode == 0


def data_place(directory: Path, account: Account | None) -> Path:
    """Make `directory` usable by `account` and return where it really is.

    That is `directory` itself where the account can reach it. Otherwise a directory under
    `/var/lib/sparkify` that `directory` becomes a link to; data there without a link from its home is a
    leftover, and is wiped.
    """
    if account is None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory
    directory.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    if not directory.is_symlink() and reachable(directory.parent, account):
        directory.mkdir(mode=0o700, exist_ok=True)
        os.chown(directory, account.uid, account.gid)
        return directory
    return _outside(directory, account)


def _outside(directory: Path, account: Account) -> Path:
    SHARED.mkdir(mode=0o711, parents=True, exist_ok=True)
    _sweep()
    place = SHARED / hashlib.sha256(os.fsencode(directory.absolute())).hexdigest()[:16]
    if not directory.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
        directory.symlink_to(place)
    elif directory.readlink() != place:
        raise StackError(
            f"{directory} points to {directory.readlink()}, not to {place}: its home was moved or copied",
            f"remove {directory}, or use --fresh",
        )
    # The note is written after the link, so that a sweep never meets a place whose link is still to come.
    place.mkdir(mode=0o700, exist_ok=True)
    os.chown(place, account.uid, account.gid)
    (place / "home").write_bytes(os.fsencode(directory.absolute()))
    return place


def _sweep() -> None:
    """Remove data whose home is gone or no longer points to it."""
    for note in SHARED.glob("*/home"):
        link = Path(os.fsdecode(note.read_bytes()))
        if not (link.is_symlink() and link.readlink() == note.parent):
            shutil.rmtree(note.parent, ignore_errors=True)


def remove_data(directory: Path) -> None:
    """Remove a directory that `data_place` made, and what it points to."""
    if directory.is_symlink():
        place = directory.readlink()
        if place.parent == SHARED:
            shutil.rmtree(place, ignore_errors=True)
        directory.unlink()
    elif directory.exists():
        shutil.rmtree(directory)


def program_place(tree: Path, version: str, account: Account | None) -> Path:
    """Return a copy of the program tree that `account` can execute: `tree` itself, or one copy per version.

    :param tree: an installation with `bin`, `lib` and `share`. :param version: names the copy.
    """
    if account is None or reachable(tree / "bin" / "postgres", account):
        return tree
    copy = SHARED / f"postgresql-{version}"
    if not copy.exists():
        SHARED.mkdir(mode=0o711, parents=True, exist_ok=True)
        # Built aside and renamed, so that an interrupted copy is never taken for a whole one.
        with tempfile.TemporaryDirectory(dir=SHARED, ignore_cleanup_errors=True) as aside:
            for part in ("bin", "lib", "share"):
                shutil.copytree(tree / part, Path(aside) / "tree" / part, symlinks=True)
            (Path(aside) / "tree").chmod(0o755)
            try:
                (Path(aside) / "tree").rename(copy)
            except OSError:
                if not copy.exists():
                    raise
    return copy
