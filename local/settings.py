"""What the user may set from outside: the home and the three ports, by environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from local.errors import StackError
from local.ports import require_free

ROOT = Path(__file__).resolve().parent.parent
HOME_SETTING = "SPARKIFY_HOME"


@dataclass(frozen=True)
class Port:
    """A port that users connect to, and the environment variable that moves it."""

    purpose: str
    setting: str
    default: int

    def number(self) -> int:
        """Return the port to use; StackError when the setting is not a port."""
        text = os.environ.get(self.setting, "").strip() or str(self.default)
        if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
            raise StackError(f"{self.setting} is {text!r}", "set it to a port between 1 and 65535")
        return int(text)

    def require_free(self) -> int:
        """Return the port to use; StackError when somebody listens there."""
        number = self.number()
        require_free(number, purpose=self.purpose, setting=self.setting)
        return number


UI = Port("Airflow's web page", "SPARKIFY_UI_PORT", 8080)
REDSHIFT = Port("the Redshift stand-in", "SPARKIFY_REDSHIFT_PORT", 5439)
S3 = Port("S3", "SPARKIFY_S3_PORT", 8333)


def require_ports(*ports: Port) -> None:
    """Raise StackError when a port is taken, or when two settings name the same one."""
    numbers: dict[int, Port] = {}
    for port in ports:
        number = port.require_free()
        if number in numbers:
            raise StackError(
                f"{numbers[number].setting} and {port.setting} are both {number}", "give each its own port"
            )
        numbers[number] = port


def home_directory() -> Path:
    """Return where the stack keeps its state: SPARKIFY_HOME, or `.sparkify` in the checkout."""
    named = os.environ.get(HOME_SETTING, "").strip()
    return Path(named).expanduser().absolute() if named else ROOT / ".sparkify"
