"""What a browser would send of a form: its successful controls, and nothing that is not offered."""

from __future__ import annotations

from html.parser import HTMLParser


class FormReader(HTMLParser):
    """Collects the controls of the form with this id."""

    def __init__(self, form_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form_id = form_id
        self.values: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self.form_id
        elif self._inside and tag == "input":
            self._input(given)
        elif self._inside and tag == "select":
            self._select = given["name"]
            self.choices[self._select] = []
        elif self._inside and tag == "option" and self._select:
            self._option(given)

    def _input(self, given: dict[str, str]) -> None:
        if given.get("type") in ("checkbox", "radio"):
            self.choices[given["name"]] = ["", given.get("value", "on")]
            if "checked" not in given:
                return
            given.setdefault("value", "on")
        if given.get("name"):
            self.values[given["name"]] = given.get("value", "")

    def _option(self, given: dict[str, str]) -> None:
        value = given.get("value", "")
        self.choices[self._select].append(value)
        if "selected" in given or self._select not in self.values:
            self.values[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""


def read_form(text: str, form_id: str) -> FormReader:
    reader = FormReader(form_id)
    reader.feed(text)
    return reader
