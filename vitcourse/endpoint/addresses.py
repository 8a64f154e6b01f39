"""Images by address: fetched from public hosts only, checked at the moment of connecting.

A check of the name before the request is not enough: the name can resolve to something else a moment later
(DNS rebinding), and a public server can redirect to a private one. So the check sits where a socket is made,
with the address that it will be connected to (OWASP, Server-Side Request Forgery Prevention Cheat Sheet).

Taught in lesson 13.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from vitcourse.endpoint.decoding import Limits
from vitcourse.images import ImageError

MAX_REDIRECTS = 3
MAX_CONNECTIONS = 16
_REDIRECTS = (301, 302, 303, 307, 308)
_REFUSED_V4 = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is Oracle's metadata service
        "192.88.99.0/24",  # relays into 6to4
        "168.63.129.16/32",  # Azure's host agent, in public space
    )
]
_UNICAST_V6 = ipaddress.ip_network("2000::/3")
_REFUSED_V6 = [
    ipaddress.ip_network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: holds an IPv4 address
        "3fff::/20",  # documentation
    )
]


class ForbiddenAddressError(OSError):
    """A connection to an address that is not public."""


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    IPv6 must be global unicast: mapped IPv4 (::ffff:127.0.0.1), NAT64, 6to4 and Teredo hold another address
    inside, and are refused as a whole.

    Taught in lesson 13.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6:
        return ip in _UNICAST_V6 and not any(ip in network for network in _REFUSED_V6)
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _REFUSED_V4)


class Fetcher:
    """Fetches images over http and https, with limits on time, size and redirects.

    No proxy, cookie or credential of this machine is used. Taught in lesson 13.
    """

    def __init__(
        self,
        limits: Limits,
        allow_hosts: Sequence[str] = (),
        seconds: float = 10.0,
        resolver: AbstractResolver | None = None,
    ) -> None:
        """Open two pools of connections; needs a running event loop.

        Args:
            limits: How large a file may be.
            allow_hosts: Hosts, with or without a port, that need not be public: "photos.local",
                "127.0.0.1:8001".
            seconds: For one image, redirects included.
            resolver: What turns names into addresses; by default the system's.
        """
        self._limits, self._seconds = limits, seconds
        self._allowed = {host.lower() for host in allow_hosts}
        self._public = _session(_public_socket, resolver)
        self._trusted = _session(None, resolver)

    async def close(self) -> None:
        """Close all connections."""
        await self._public.close()
        await self._trusted.close()

    async def fetch(self, address: str) -> bytes:
        """Return the file at an address.

        Raises:
            ImageError: If it is not http or https, not public, too slow, too large, or not there.
        """
        try:
            return await asyncio.wait_for(self._follow(address.strip()), self._seconds)
        except asyncio.TimeoutError as error:
            raise ImageError(f"the address did not answer within {self._seconds:g} s") from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddressError):
                raise ImageError("the address is not public; nothing was fetched") from error
            raise ImageError("no connection to the address; is it right, and is the server up?") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, ImageError):
                raise
            raise ImageError(f"the address cannot be fetched ({type(error).__name__})") from error

    async def _follow(self, address: str) -> bytes:
        url = _checked(address)
        for _ in range(MAX_REDIRECTS + 1):
            session = self._trusted if self._is_allowed(url) else self._public
            async with session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._read(response)
                url = _checked(url.join(URL(response.headers.get("Location", ""))))
        raise ImageError(f"the address redirects more than {MAX_REDIRECTS} times")

    def _is_allowed(self, url: URL) -> bool:
        host = f"[{url.host}]" if ":" in url.host else url.host
        return bool({host.lower(), f"{host}:{url.port}".lower()} & self._allowed)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != 200:
            raise ImageError(f"the address answered with status {response.status}; expected 200")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ImageError("the address answered with compressed content, which was not asked for")
        largest, parts, size = self._limits.file_bytes, [], response.content_length or 0
        if size <= largest:
            size = 0
            async for part in response.content.iter_any():
                parts.append(part)
                size += len(part)
                if size > largest:
                    break
        if size > largest:
            raise ImageError(f"the file at the address is too large; expected at most {largest} bytes")
        return b"".join(parts)


def _session(socket_factory: object, resolver: AbstractResolver | None) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=MAX_CONNECTIONS,
        force_close=True,
        use_dns_cache=False,
        resolver=resolver or aiohttp.ThreadedResolver(),
        socket_factory=socket_factory,
    )
    return aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity", "User-Agent": "vitcourse"},
    )


def _public_socket(info: tuple) -> socket.socket:
    """Make the socket for an entry of `getaddrinfo`: family, type, protocol, name, address.

    Raises:
        ForbiddenAddressError: If the address is not public.
    """
    family, kind, protocol, _, address = info
    if not is_public(address[0]):
        raise ForbiddenAddressError("the address is not public")
    return socket.socket(family, kind, protocol)


def _checked(address: str | URL) -> URL:
    url = URL(address)
    if url.scheme not in ("http", "https"):
        raise ImageError("got an address of another scheme; expected http:// or https://")
    if not url.host:
        raise ImageError("the address has no host")
    if url.user is not None or url.password is not None:
        raise ImageError("the address holds a user or a password; expected one that is readable by all")
    return url
