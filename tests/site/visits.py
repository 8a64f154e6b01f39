"""What a browser finds on a page: errors, requests, links, pictures, and what axe says."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit
from urllib.request import url2pathname

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE = {"width": 375, "height": 812}
_FACTS = """() => {
  const images = [...document.images];
  return {
    links: [...document.querySelectorAll("a[href]")].map(link => link.href),
    anchors: [...document.querySelectorAll("[id]")].map(element => element.id),
    broken: images.filter(image => image.complete && !image.naturalWidth).map(image => image.src),
    silent: images.filter(image => !image.alt.trim()).map(image => image.src.slice(0, 200)),
    width: document.documentElement.scrollWidth,
  };
}"""
# axe compares each word of code with what lies behind it, which takes seconds; one of each colour is enough.
_ONE_OF_EACH_COLOUR = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight pre span[class]"))
    if (seen.has(word.className)) word.replaceWith(word.textContent); else seen.add(word.className);
}"""
_LOCAL = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:")


@dataclass
class Visit:
    """What was found on one page."""

    address: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    width: int = 0


def visit(page: Page, address: str) -> Visit:
    """Open an address and look: what the console says, what is asked for, what is there."""
    found = Visit(address)

    def note_request(request: object) -> None:
        if not request.url.startswith(_LOCAL):
            found.foreign.append(request.url)

    def note_message(message: object) -> None:
        if message.type in ("error", "warning"):
            found.errors.append(message.text)

    def note_failure(request: object) -> None:
        if request.failure != "net::ERR_ABORTED":  # the next page came before this one's icon
            found.errors.append(f"{request.url}: {request.failure}")

    listeners = {
        "request": note_request,
        "console": note_message,
        "pageerror": lambda error: found.errors.append(str(error)),
        "requestfailed": note_failure,
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    page.goto(address)
    facts = page.evaluate(_FACTS)
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    for name, value in facts.items():
        setattr(found, name, set(value) if name in ("links", "anchors") else value)
    return found


def dead_links(visits: Iterable[Visit]) -> list[str]:
    """Name the links of pages, opened as files, to files that are not there and places that no page has."""
    anchors = {urldefrag(found.address)[0]: found.anchors for found in visits}
    dead = []
    for found in visits:
        for link in sorted(found.links):
            address, place = urldefrag(link)
            if not address.startswith("file:"):
                continue
            exists = Path(url2pathname(urlsplit(address).path)).is_file()
            known = not place or address not in anchors or unquote(place) in anchors[address]
            if not (exists and known):
                dead.append(f"{found.address} -> {link}")
    return dead


def serious(page: Page, context: str = "html") -> list[str]:
    """Name what axe finds serious or critical on the page that is open, in the part that a selector names."""
    page.evaluate(_ONE_OF_EACH_COLOUR)
    violations = Axe().run(page, context, {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
