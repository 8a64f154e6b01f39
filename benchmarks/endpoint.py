"""The endpoint under load: against the plain server, one client alone, many requests in a row, bad requests.

    python benchmarks/endpoint.py [--short] [--soak 20000] [--fuzz 10000] [--rounds 5] [--json FILE]

Both servers run as processes of their own, on all cores, with the model that the lessons use (ViT-Tiny with
VITCOURSE_ASSETS=real), and take turns: a round each. Every request holds one of the 128 photos of the
multi-label set as base64. Options that are none of these go to `vitcourse serve`: --linger_ms 10.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import requests
from datasets import Image
from hostile_requests import bodies, damaged, with_image
from hypothesis import HealthCheck, given, settings
from results_file import machine, write_json

import vitcourse as vc
from vitcourse import assets
from vitcourse.endpoint import decoding, local

RESULTS = Path(__file__).with_name("results") / "endpoint.json"
PLAIN = Path(__file__).with_name("plain_server.py")
SHORT = {"photos": 32, "requests": 64, "rounds": 1, "soak": 600, "settled": 200, "fuzz": 300}


@dataclass
class Server:
    """A server that runs: its address and its process."""

    address: str
    process: subprocess.Popen

    def memory(self) -> int:
        """Return the resident memory in bytes."""
        return psutil.Process(self.process.pid).memory_info().rss

    def cpu_seconds(self) -> float:
        """Return the time that its threads have computed, all cores together."""
        return sum(psutil.Process(self.process.pid).cpu_times()[:2])


def main() -> None:
    """Measure all and write the result."""
    options = _options()
    model = vc.setup(seed=0).model
    photos = photo_files()[: options.photos]
    payloads = [json.dumps({"input_data": [base64.b64encode(photo).decode()]}).encode() for photo in photos]
    with running(ours(model, options.serve)) as server, running(plain(model)) as other:
        result = {
            "machine": machine(),
            "model": model,
            "throughput": throughput(server, other, payloads, options),
            "one client": one_client(server, model, photos, payloads, options.rounds),
        }
    with running(ours(model, options.serve)) as server:
        result["soak"] = soak(server, payloads, options.soak, options.settled)
        result["bad requests"] = fuzz(server, options.fuzz)
    print(json.dumps(result, indent=1))
    write_json(options.json, result)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help=f"a quick look: {SHORT}")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--photos", type=int, default=128)
    parser.add_argument("--requests", type=int, default=512, help="a round and server, with all clients")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak", type=int, default=20_000, help="requests in a row")
    parser.add_argument("--settled", type=int, default=2_000, help="of these, before memory is first read")
    parser.add_argument("--fuzz", type=int, default=10_000, help="generated bad requests")
    parser.add_argument("--json", type=Path, default=RESULTS)
    if "--short" in sys.argv:
        parser.set_defaults(**SHORT)
    options, options.serve = parser.parse_known_args()
    return options


def photo_files() -> list[bytes]:
    """Return the 128 photos as the files they are."""
    splits = vc.fridge.multilabel().cast_column("image", Image(decode=False))
    return [Path(row["image"]["path"]).read_bytes() for split in splits.values() for row in split]


def ours(model: str, extra: Sequence[str]) -> list[str]:
    """Return the command of the endpoint, its port left out."""
    return [sys.executable, "-m", "vitcourse", "serve", *extra, "--model", model, "--port"]


def plain(model: str) -> list[str]:
    """Return the command of the plain server, its port left out."""
    return [sys.executable, str(PLAIN), str(assets.resolve(model))]


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[Server]:
    """Start a server on a free port and wait until it answers; it ends with the block."""
    with local.Server([*command, "0"]) as server:
        yield Server(f"{server.address}/score", server.process)


async def load(address: str, payloads: Sequence[bytes], clients: int, count: int) -> dict[int, list]:
    """Send `count` requests from several clients at once; the answers, by the photo's number."""
    numbers = iter(range(count))
    answers: dict[int, list] = {}

    async def client(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            photo = number % len(payloads)
            async with session.post(address, data=payloads[photo], headers=_JSON) as response:
                response.raise_for_status()
                answers[photo] = (await response.json())[0]

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return answers


_JSON = {"Content-Type": "application/json"}


def throughput(server: Server, other: Server, payloads: list[bytes], options: argparse.Namespace) -> dict:
    """Return requests a second of both servers, in turns, and on how many photos their top-1 agrees."""
    rates: dict[str, list[float]] = {"endpoint": [], "plain server": []}
    work: dict[str, list[float]] = {name: [] for name in rates}
    top: dict[str, dict[int, str]] = {}
    for place in range(-1, options.rounds):  # one round before, to warm up
        for name, each in zip(rates, (server, other), strict=True):
            count = options.requests if place >= 0 else max(len(payloads), options.clients)
            began, computed = time.perf_counter(), each.cpu_seconds()
            answers = asyncio.run(load(each.address, payloads, options.clients, count))
            if place >= 0:
                rates[name].append(count / (time.perf_counter() - began))
                work[name].append((each.cpu_seconds() - computed) / count)
            top[name] = top.get(name, {}) | {photo: row[0]["label"] for photo, row in answers.items()}
    ratios = [a / b for a, b in zip(*rates.values(), strict=True)]
    ours_top, plain_top = top.values()
    return {
        "clients": options.clients,
        "requests a second": {name: statistics.median(values) for name, values in rates.items()},
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "CPU ms a request": {name: 1000 * statistics.median(values) for name, values in work.items()},
        "same top-1": sum(ours_top[photo] == plain_top[photo] for photo in ours_top),
        "photos": len(ours_top),
    }


def one_client(server: Server, model: str, photos: list[bytes], payloads: list[bytes], rounds: int) -> dict:
    """Return the seconds of one client's request, and of decoding plus model in this process, in turns."""
    classifier, limits = vc.Classifier(model).compile(), decoding.Limits()  # as the server does
    texts = [base64.b64encode(photo).decode() for photo in photos]
    served, computed = [], []
    host = server.address.removeprefix("http://").removesuffix("/score")
    with contextlib.closing(http.client.HTTPConnection(host)) as client:
        for place in range(len(photos) * rounds):
            photo = place % len(photos)
            began = time.perf_counter()
            client.request("POST", "/score", payloads[photo], _JSON)
            with client.getresponse() as response:
                assert response.status == 200, response.read()
                response.read()
            between = time.perf_counter()
            picture = decoding.read_image(decoding.read_text(texts[photo], limits), limits)
            classifier.forward(classifier.preprocess([picture]))
            served.append(between - began)
            computed.append(time.perf_counter() - between)
    one, bare = statistics.median(served), statistics.median(computed)
    return {"request ms": 1000 * one, "decoding plus model ms": 1000 * bare, "ratio": one / bare}


def soak(server: Server, payloads: list[bytes], count: int, settled: int) -> dict:
    """Send requests in a row, any failure ends the run; return memory after the first and at the end."""
    asyncio.run(load(server.address, payloads, 4, settled))
    first = server.memory()
    asyncio.run(load(server.address, payloads, 4, count - settled))
    last = server.memory()
    return {
        "requests": count,
        "failures": 0,
        f"MB after {settled}": first / 1e6,
        "MB at the end": last / 1e6,
        "ratio": last / first,
    }


def fuzz(server: Server, count: int) -> dict:
    """Send generated bad bodies and damaged images, half each; count the answers by status."""
    statuses: dict[int, int] = {}
    quick = settings(
        max_examples=count // 2, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    with requests.Session() as session:

        def send(body: bytes) -> None:
            status = session.post(server.address, data=body, timeout=30).status_code
            statuses[status] = statuses.get(status, 0) + 1

        quick(given(bodies)(send))()
        quick(given(damaged.map(with_image))(send))()
        for page in ("/health", "/score"):
            alive = session.get(server.address.removesuffix("/score") + page, timeout=30).status_code
            assert alive == {"/health": 200, "/score": 405}[page]
    assert all(status < 500 for status in statuses), statuses
    return {"requests": sum(statuses.values()), "answers by status": dict(sorted(statuses.items()))}


if __name__ == "__main__":
    main()
