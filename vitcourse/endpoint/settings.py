"""The settings of an online endpoint: a dataclass, a YAML file, and a command line over both.

Taught in lesson 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vitcourse import options
from vitcourse.endpoint.decoding import Limits

_POSITIVE = ("workers", "queue_size", "max_images", "max_body_mb", "max_image_mb", "max_megapixels")
_POSITIVE += ("max_explained", "fetch_seconds", "read_seconds", "shutdown_seconds")


@dataclass(frozen=True)
class Settings:
    """How to serve a model.

    Attributes:
        model: A fine-tuned folder, a name of the course or a Hub id.
        precision: What the model computes in; auto is the fastest that the device has in hardware.
        compile: Compile the model for this processor (some seconds, then faster); a GPU's is left as it is.
        host: Where to listen; 127.0.0.1 is this machine only.
        port: The same; 0 takes a free one.
        max_batch: The most images a forward pass; 0 for what suits the device.
        workers: Forward passes at the same time; one alone computes on all cores, several share them.
        linger_ms: The longest time in milliseconds that a batch waits for images that are being decoded.
        queue_size: Images accepted and not answered; above it, requests get status 503.
        decoders: Threads that decode images; 0 for one a core.
        max_images: The most images a request.
        max_explained: The most images a request that asks for explanations; they are made one by one.
        max_body_mb: The largest request, in megabytes.
        max_image_mb: The largest image file, in megabytes.
        max_megapixels: The largest image, in millions of pixels.
        allow_urls: Fetch images that are given by a public http or https address.
        allow_hosts: Hosts, or host:port, that may be fetched from although they are not public.
        fetch_seconds: The longest time for one such image.
        api_key_file: A file that holds the key; by default it is in VITCOURSE_API_KEY, if anywhere.
        without_key: Let everyone score; beyond this machine only together with open_to_network.
        open_to_network: Listen beyond this machine without a key; only together with without_key.
        read_seconds: The longest time for the body of a request to arrive.
        shutdown_seconds: The longest time that a stop waits for requests that were accepted.
    """

    model: str = ""
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    compile: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    max_batch: int = 0
    workers: int = 1
    linger_ms: float = 5.0
    queue_size: int = 256
    decoders: int = 0
    max_images: int = 128
    max_explained: int = 8
    max_body_mb: float = 32.0
    max_image_mb: float = 16.0
    max_megapixels: float = 50.0
    allow_urls: bool = False
    allow_hosts: list[str] = field(default_factory=list)
    fetch_seconds: float = 10.0
    api_key_file: str | None = None
    without_key: bool = False
    open_to_network: bool = False
    read_seconds: float = 30.0
    shutdown_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Refuse values that are out of range or contradict each other."""
        if not self.model:
            raise ValueError(
                "model is not given; expected --model with a folder, a name of the course or a Hub id"
            )
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")
        if not 0 <= self.port <= 65535 or min(self.linger_ms, self.decoders, self.max_batch) < 0:
            raise ValueError("expected port from 0 to 65535, linger_ms, decoders and max_batch from 0")
        if self.queue_size < self.max_images:
            raise ValueError(
                f"queue_size is {self.queue_size}; expected at least max_images, {self.max_images}, or the "
                "largest requests could never be accepted"
            )
        if self.allow_hosts and not self.allow_urls:
            raise ValueError(
                "allow_hosts is given without allow_urls; expected both: nothing is fetched without it"
            )

    @property
    def limits(self) -> Limits:
        """The limits of one image and of one request."""
        file_bytes, pixels = int(self.max_image_mb * 1e6), int(self.max_megapixels * 1e6)
        return Limits(file_bytes, pixels, self.max_images, self.max_explained)


def parse(arguments: Sequence[str]) -> Settings:
    """Read the command line of `vitcourse serve`: `--config FILE`, then single fields.

    Raises:
        ConfigurationError: If a field is unknown, or a value has the wrong type or is out of range.
    """
    return options.parse(
        Settings,
        arguments,
        "vitcourse serve",
        "Serve a model over HTTP, with the JSON of the published model cards. Ctrl-C stops it, when all that "
        "it accepted is answered.",
        Path(__file__).parent,
        "model: runs/fridge",
    )
