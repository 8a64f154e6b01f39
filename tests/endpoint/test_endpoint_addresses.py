"""Images by address: only public hosts are reached, checked on connecting, whatever a name says."""

import asyncio
import base64
import itertools
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
import requests
import serving
from aiohttp.abc import AbstractResolver
from processor_seconds import Stopwatch
from serving import FILES

from vitcourse.endpoint import addresses
from vitcourse.endpoint.addresses import Fetcher, is_public
from vitcourse.endpoint.decoding import Limits, is_address
from vitcourse.images import ImageError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.216.34",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
        "100::1", "5f00::1", "localhost", "2130706433", "0x7f.1", "",
    ],
)  # fmt: skip
def test_what_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::8a"]
)
def test_what_is_public(address):
    assert is_public(address)


class Site(BaseHTTPRequestHandler):
    """A picture, redirects, and what a bad host does."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        path, _, target = self.path.partition("?to=")
        answers = {"/redirect": self.redirect, "/long": self.long, "/slow": self.slow, "/packed": self.packed}
        if path in answers:
            answers[path](target)
        elif path == "/a.png":
            self.answer(200, FILES[0])
        elif path == "/nowhere":
            self.answer(302, b"")
        else:
            self.answer(404, b"no")

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, target):
        self.answer(302, b"", Location=unquote(target))

    def packed(self, _):
        self.answer(200, b"x", Content_Encoding="gzip")

    def long(self, _):
        self.send_response(200)
        self.end_headers()
        with_suppressed(lambda: [self.wfile.write(b"x" * 100_000) for _ in itertools.count()])

    def slow(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        with_suppressed(lambda: [(self.wfile.write(b"x"), time.sleep(0.1)) for _ in range(30)])

    def log_message(self, *_):
        pass


def with_suppressed(write):
    try:
        write()
    except OSError:  # the other side hung up, as it should
        return


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("0.0.0.0", 0), Site)
    server.daemon_threads, server.asked = True, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def host(site):
    site.asked.clear()
    return f"127.0.0.1:{site.server_port}"


class Names(AbstractResolver):
    """A name server whose answer changes from question to question; the last one stays."""

    def __init__(self, *answers):
        self.answers, self.questions = list(answers), 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        answer = self.answers[min(self.questions, len(self.answers) - 1)]
        self.questions += 1
        kind = socket.AF_INET6 if ":" in answer else socket.AF_INET
        return [{"hostname": host, "host": answer, "port": port, "family": kind, "proto": 0, "flags": 0}]

    async def close(self):
        pass


def fetch(address, limits=None, **options):
    async def once():
        fetcher = Fetcher(limits or Limits(), **options)
        try:
            return await fetcher.fetch(address)
        finally:
            await fetcher.close()

    return asyncio.run(once())


def test_a_host_that_is_allowed_is_fetched_from(host, site):
    assert fetch(f"http://{host}/a.png", allow_hosts=[host]) == FILES[0]
    assert fetch(f"HTTP://{host}/a.png", allow_hosts=["127.0.0.1"]) == FILES[0]
    assert fetch(f"http://LOCALHOST:{site.server_port}/a.png", allow_hosts=["localhost"]) == FILES[0]


@pytest.mark.parametrize("allowed", [[], ["127.0.0.1:1"], ["127.0.0.2"], ["0.0.0.1"]])
def test_the_same_server_is_not_reached_without_leave(host, site, allowed):
    with pytest.raises(ImageError, match="not public"):
        fetch(f"http://{host}/a.png", allow_hosts=allowed)
    assert site.asked == []


@pytest.mark.parametrize(
    "written",
    ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.", "①②⑦.0.0.1", "127。0。0。1", "LocalHost."],
)  # fmt: skip
def test_no_way_to_write_this_machine_reaches_it(site, host, written):
    with pytest.raises(ImageError):
        fetch(f"http://{written}:{site.server_port}/a.png")
    assert site.asked == []


@pytest.mark.parametrize("answer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"])
def test_a_name_that_leads_inside_is_not_followed(site, host, answer):
    with pytest.raises(ImageError, match="not public"):
        fetch(f"http://innocent.example:{site.server_port}/a.png", resolver=Names(answer))
    assert site.asked == []


def test_a_name_that_changes_its_answer_is_checked_each_time(site, host, monkeypatch):
    """DNS rebinding: here 127.0.0.1 plays the public host, and 127.0.0.2 is inside."""
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    name = f"rebind.example:{site.server_port}"
    assert fetch(f"http://{name}/a.png", resolver=Names("127.0.0.1")) == FILES[0]
    site.asked.clear()
    names = Names("127.0.0.1", "127.0.0.2")
    with pytest.raises(ImageError, match="not public"):
        fetch(f"http://{name}/redirect?to=http://{name}/a.png", resolver=names)
    assert names.questions == 2
    assert [path for path, _ in site.asked] == [f"/redirect?to=http://{name}/a.png"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://127.0.0.2:{port}/a.png", "not public"),
        ("http://169.254.169.254/latest/meta-data/", "not public"),
        ("http://[::ffff:127.0.0.1]:{port}/a.png", "not public"),
        ("file:///etc/passwd", "another scheme"),
        ("gopher://127.0.0.1:{port}/", "another scheme"),
        ("http://user:secret@127.0.0.1:{port}/a.png", "user or a password"),
        ("//127.0.0.2:{port}/a.png", "not public"),
    ],
)
def test_a_redirect_is_checked_again(site, host, target, reason):
    target = target.format(port=site.server_port)
    with pytest.raises(ImageError, match=reason):
        fetch(f"http://{host}/redirect?to={target}", allow_hosts=[host])
    assert len(site.asked) == 1


def test_redirects_are_followed_and_counted(site, host):
    assert fetch(f"http://{host}/redirect?to=/a.png", allow_hosts=[host]) == FILES[0]
    loop = f"http://{host}/redirect?to=/redirect"
    with pytest.raises(ImageError):
        fetch(loop, allow_hosts=[host])
    site.asked.clear()
    ever = "/redirect?to=" * 9 + "/a.png"
    with pytest.raises(ImageError, match="redirects more than 3 times"):
        fetch(f"http://{host}{ever}", allow_hosts=[host])
    assert len(site.asked) == 4


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "status 404"),
        ("/long", "too large"),
        ("/slow", "within 1 s"),
        ("/packed", "compressed"),
        ("/nowhere", "cannot be fetched|redirects|user|scheme|host"),
    ],
)
def test_what_a_bad_host_does_is_one_bad_image(host, path, reason):
    watch, began = Stopwatch(), time.perf_counter()
    with pytest.raises(ImageError, match=reason):
        fetch(f"http://{host}{path}", Limits(file_bytes=300_000), allow_hosts=[host], seconds=1)
    assert watch.disturbed() or time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "address",
    ["ftp://example.org/a.png", "http://", "http:///a.png", "http://[::1", "http://a b/", "http://\ud800/",
     "http://example.org:99999/", "http://" + "a" * 300 + ".example/", "http://u:p@example.org/", "https://..",
     "http://exa\x00mple.org/", "http://%/", "x://y"],
)  # fmt: skip
def test_what_is_no_address_is_a_bad_image(address):
    with pytest.raises(ImageError) as caught:
        fetch(address, resolver=Names("127.0.0.1"))
    assert len(str(caught.value)) < 200


def test_no_proxy_and_no_credentials_of_this_machine_are_used(host, site, monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert fetch(f"http://{host}/a.png", allow_hosts=[host]) == FILES[0]
    sent = site.asked[0][1]
    assert "Authorization" not in sent
    assert "Cookie" not in sent


def test_addresses_work_online_only_where_they_are_allowed(classifier, host):
    body = {
        "input_data": [f"http://{host}/a.png", serving.TEXTS[1], f"http://{host}/missing", "http://[::1]/"]
    }
    settings = {"allow_urls": True, "allow_hosts": [host]}
    with serving.running(classifier, **settings) as address:
        response = requests.post(f"{address}/score", json={"input_data": body["input_data"][:2]}, timeout=900)
        bad = requests.post(f"{address}/score", json=body, timeout=900)
    expected = classifier.predict(FILES[:2], top_k=1)
    assert [row[0]["label"] for row in response.json()] == [row[0]["label"] for row in expected]
    assert bad.status_code == 400
    assert [entry["position"] for entry in bad.json()["images"]] == [2, 3]
    with serving.running(classifier) as address:
        off = requests.post(f"{address}/score", json=body, timeout=900)
    assert [entry["position"] for entry in off.json()["images"]] == [0, 2, 3]
    assert "fetches none" in off.json()["images"][0]["reason"]


def test_more_addresses_than_connections_are_all_fetched(classifier, host):
    images = [f"http://{host}/a.png"] * (2 * addresses.MAX_CONNECTIONS + 1)
    with serving.running(classifier, allow_urls=True, allow_hosts=[host]) as address:
        response = requests.post(f"{address}/score", json={"input_data": images}, timeout=900)
    assert response.status_code == 200, response.text
    assert len(response.json()) == len(images)


def test_base64_is_never_taken_for_an_address():
    assert not any(is_address(base64.b64encode(data).decode()) for data in FILES)
