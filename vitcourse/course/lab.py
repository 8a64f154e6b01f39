"""Start JupyterLab on the course map: `python -m vitcourse.course.lab`, which is what `make lab` does.

Options are handed on to JupyterLab, for example `python -m vitcourse.course.lab --no-browser --port 9000`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

COURSE_MAP = "notebooks/README.md"
SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def write_settings(folder: Path) -> None:
    """Write defaults for JupyterLab: Markdown opens rendered, and it asks no other host for news.

    A learner's own settings come before these. `folder` is to be on JUPYTER_CONFIG_PATH.
    """
    path = folder / "labconfig" / "default_setting_overrides.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(SETTINGS, indent=2), encoding="utf-8")


def main(options: Sequence[str] | None = None) -> int:
    """Run JupyterLab in the checkout until it is stopped; returns an exit status."""
    if not Path("notebooks").is_dir():
        print(f"no folder 'notebooks' in {Path.cwd()}: run this in the course's checkout.", file=sys.stderr)
        return 2
    from jupyterlab.labapp import LabApp

    with tempfile.TemporaryDirectory(prefix="vitcourse-lab-") as folder:
        write_settings(Path(folder))
        paths = [folder, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(paths)
        handed_on = sys.argv[1:] if options is None else options
        LabApp.launch_instance([f"--LabApp.default_url=/lab/tree/{COURSE_MAP}", *handed_on])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
