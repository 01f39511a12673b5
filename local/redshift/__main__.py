"""Runs the stand-in in the foreground: `python -m local.redshift CONFIG.json`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import psycopg

from local.redshift.config import ConfigurationError, load
from local.redshift.server import Server


def main(arguments: list[str]) -> int:
    """Serve with the configuration file that is the only argument; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m local.redshift CONFIG.json\n")
        return 2
    try:
        Server(load(Path(arguments[0]))).run()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (psycopg.Error, OSError) as error:
        sys.stderr.write(f"the Redshift stand-in cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
