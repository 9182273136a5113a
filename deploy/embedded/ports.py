"""Loopback ports for the embedded servers."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

from deploy.embedded.errors import CannotStart

HOST = "127.0.0.1"
QUIET = range(15_000, 32_000)
"""Below the ports that systems give to outgoing connections: none of those takes one between two starts."""
TRIES = 20


def choose_port(setting: str) -> tuple[int, bool]:
    """Return a port on the loopback address, and whether the user fixed it.

    The environment variable named by `setting` fixes the port; without it a free one is chosen,
    which another program may still take before the server does (the caller tries again with a new one).
    Raises CannotStart when the fixed port is no port number or is taken.
    """
    wanted = os.environ.get(setting, "").strip()
    if not wanted:
        return free_port(), False
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise CannotStart(
            f"{setting}={wanted!r} is not a port number.", "use a number from 1 to 65535, or unset it."
        )
    try:
        return _bind(int(wanted)), True
    except OSError as error:
        raise CannotStart(
            f"port {wanted} (from {setting}) cannot be used: {error.strerror}.",
            f"stop the program that listens there, choose another port, or unset {setting} for a free one.",
        ) from error


def free_port() -> int:
    """Return a port that is free at this moment, and that no outgoing connection is given."""
    for _ in range(TRIES):
        with suppress(OSError):
            return _bind(random.choice(QUIET))  # noqa: S311 - no secret
    return _bind(0)


def is_open(port: int) -> bool:
    """Say whether something listens on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        return client.connect_ex((HOST, port)) == 0


def _bind(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port in TIME_WAIT after a restart counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        bound: int = probe.getsockname()[1]
        return bound
