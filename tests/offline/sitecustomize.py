"""Refuse every connection that leaves this machine, so that tests show what works without a network.

Python imports a module of this name at start-up when its folder is on PYTHONPATH: that is how kernels and
other processes that a test starts are covered. The conftest.py beside pyproject.toml sets it up.
"""

import ipaddress
import socket
from typing import Any

_LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost", "broadcasthost"}


class NetworkBlockedError(OSError):
    """A test, or what it started, tried to reach the network."""

    def __init__(self, target: object) -> None:
        """Name what was asked for."""
        super().__init__(
            f"the network is blocked in tests: got {target!r}, expected a loopback address or a Unix socket. "
            "Serve what the test needs from 127.0.0.1, or use the demo assets."
        )


def _is_local(host: Any) -> bool:
    """Tell whether a host is this machine, without asking a name server."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    name = name.partition("%")[0].rstrip(".").lower()
    if name in _LOCAL_NAMES or name == socket.gethostname().lower() or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_number(host: Any) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except (ValueError, AttributeError):
        return False
    return True


def _guard_address(method: Any) -> Any:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        is_internet = self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple)
        if is_internet and not _is_local(address[0]):
            raise NetworkBlockedError(address)
        return method(self, *arguments)

    return guarded


def _guard_name(function: Any) -> Any:
    def guarded(host: Any, *arguments: Any, **options: Any) -> Any:
        if not _is_local(host) and not _is_number(host):
            raise NetworkBlockedError(host)
        return function(host, *arguments, **options)

    return guarded


def block() -> None:
    """Put the guards in place; a second call changes nothing."""
    if getattr(socket, "_vitcourse_blocked", False):
        return
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _guard_address(getattr(socket.socket, name)))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        setattr(socket, name, _guard_name(getattr(socket, name)))
    socket._vitcourse_blocked = True


block()
