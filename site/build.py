"""Build the course as a web site: the lessons with the outputs they keep, the pages beside them, the package.

    python site/build.py [--out _build/site]

Nothing is executed and nothing is fetched. The pages read from the file system and from any static host.
"""

import argparse
import shutil
import sys
from pathlib import Path

from sources import collect
from sphinx.cmd.build import build_main

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def build(out: Path) -> int:
    """Build the site; a warning of Sphinx is an error.

    Args:
        out: the folder to make; a site that was built there before is replaced. Its sources are put together
            in the folder `NAME-source` beside it.

    Returns:
        The exit status of Sphinx, 0 when there was no warning.

    Raises:
        FileExistsError: if `out` holds something that is not such a site.
    """
    if out.exists() and any(out.iterdir()) and not (out / "searchindex.js").is_file():
        raise FileExistsError(f"{out} is in the way: it is not a site that was built before. Move it.")
    source = out.with_name(f"{out.name}-source")
    for folder in (source, out):
        shutil.rmtree(folder, ignore_errors=True)
    collect(ROOT, source)
    options = ["-W", "--keep-going", "-q", "-b", "html", "-c", str(HERE), "-d", str(source / ".doctrees")]
    return build_main([*options, str(source), str(out)])


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Build the course as a web site.")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "site", help="the folder to make")
    out = parser.parse_args().out.resolve()
    status = build(out)
    print(f"the site is in {out / 'index.html'}" if status == 0 else "the site has faults, see above")
    return status


if __name__ == "__main__":
    sys.exit(main())
