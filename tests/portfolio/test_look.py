"""The look's own rules: one file of colours and sizes, enough contrast, templates that compile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text()
DESK = (CSS / "desk.css").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def rules(css: str) -> str:
    """Without comments and without the conditions of media and containers: they read no tokens."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"@(media|container)[^{]*", "", css)


@pytest.mark.parametrize("pattern", [r"#[0-9a-fA-F]{3,8}\b", r"\b\d+px\b", r"\brgba?\("])
def test_only_the_tokens_name_colours_and_sizes(pattern: str) -> None:
    for sheet in CSS.glob("*.css"):
        if sheet.name != "tokens.css":
            assert re.findall(pattern, rules(sheet.read_text())) == [], sheet.name


def test_every_token_that_is_used_exists() -> None:
    known = set(re.findall(r"(--[\w-]+):", TOKENS))
    used = {name for sheet in CSS.glob("*.css") for name in re.findall(
        r"var\((--[\w-]+)", sheet.read_text())}  # fmt: skip
    assert used - known == set()


def block(selector: str) -> dict[str, str]:
    found = re.search(re.escape(selector) + r"\s*{([^}]*)}", TOKENS)
    assert found is not None, selector
    return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})", found[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


PALETTES = ("green-red", "red-green", "blue-orange")
TEXTS = ("text", "secondary", "accent", "warning", "danger", "buy", "sell", "gain", "loss")


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("palette", ["safe", *PALETTES])
def test_every_pair_of_colours_can_be_read(theme: str, palette: str) -> None:
    colours = block(f':root[data-theme="{theme}"]')
    if palette != "safe":
        prefix = ":root" if theme == "dark" else ':root[data-theme="light"]'
        colours |= block(f'{prefix}[data-palette="{palette}"]')
    for ground in ("ground", "surface", "raised"):
        for name in TEXTS:
            ratio = contrast(colours[f"--{name}"], colours[f"--{ground}"])
            assert ratio >= 4.5, (theme, palette, name, ground, round(ratio, 2))
    for name in ("accent", "danger"):
        assert contrast(colours[f"--on-{name}"], colours[f"--{name}"]) >= 4.5, name


def test_gain_and_loss_differ_in_lightness_where_the_palette_is_the_safe_one() -> None:
    for theme in ("dark", "light"):
        colours = block(f':root[data-theme="{theme}"]')
        assert abs(luminance(colours["--gain"]) - luminance(colours["--loss"])) > 0.01


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_template_compiles_and_keeps_the_content_policy(path: Path) -> None:
    name = str(path.relative_to(ROOT / "templates"))
    get_template(name)
    text = path.read_text()
    assert " style=" not in text, name
    assert not re.search(r"<script(?![^>]* src=)", text), name
    assert not re.search(r"\son[a-z]+=[\"']", text), name
