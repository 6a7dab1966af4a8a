/* Any figure opens its arithmetic: a click, or = on the row that has the focus. */
(() => {
  "use strict";
  const sheet = () => document.getElementById("figure-sheet");
  let opener = null;
  let asked = 0;

  const reference = (node) => node.dataset.figure || node.id;
  const query = (node) => {
    const holder = node.closest("[data-figure-query]");
    const page = new URLSearchParams(location.search);
    if (holder) for (const [key, value] of new URLSearchParams(holder.dataset.figureQuery)) page.set(key, value);
    page.set("ref", reference(node));
    if (!node.closest("#figure-sheet")) page.set("shown", node.textContent.trim().slice(0, 60));
    return page;
  };

  const open = async (node) => {
    const box = sheet();
    if (!box) return;
    if (!node.closest("#figure-sheet")) opener = node;
    const turn = ++asked;
    let text;
    try {
      const answer = await fetch(`${box.dataset.url}?${query(node)}`, { credentials: "same-origin", headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
      text = await answer.text();
    } catch {
      text = '<p class="banner banner--danger" role="alert">The arithmetic could not be fetched. Try again.</p><button class="btn" type="button" data-figure-close>Close</button>';
    }
    if (turn !== asked) return;
    box.innerHTML = text;
    if (!box.open) box.show();
    const title = box.querySelector("#figure-title");
    if (title) title.focus({ preventScroll: true });
    mark(reference(node));
  };
  const mark = (name) => {
    for (const node of document.querySelectorAll(".figure--open")) node.classList.remove("figure--open");
    const found = name && (document.getElementById(name) || document.querySelector(`main [data-figure="${CSS.escape(name)}"]`));
    if (found) found.classList.add("figure--open");
  };
  const shut = () => {
    const box = sheet();
    if (!box || !box.open) return;
    asked += 1;
    box.close();
    box.replaceChildren();
    mark("");
    if (opener && opener.isConnected && opener.tabIndex >= 0) opener.focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-figure-close]")) return shut();
    const copy = event.target.closest("[data-figure-copy]");
    if (copy) {
      navigator.clipboard?.writeText(copy.dataset.figureCopy).then(() => { copy.textContent = "Copied"; });
      return;
    }
    const node = event.target.closest("[data-figure]");
    // A link or a button inside a figure keeps its own meaning; so does text being selected.
    if (!node || event.defaultPrevented || String(getSelection()).trim()) return;
    const control = event.target.closest("a, button, input, select, summary, label");
    if (control && control !== node && node.contains(control)) return;
    if (control && control.contains(node) && control !== node) return;
    open(node);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && sheet()?.open && !document.querySelector("dialog[open]:not(#figure-sheet)")) {
      event.preventDefault();
      event.stopPropagation();
      shut();
      return;
    }
    if (event.key !== "=" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const place = event.target.closest("[data-figure]") || event.target.closest("tr, section, .panel");
    const node = place && (place.matches("[data-figure]") ? place : place.querySelector("[data-figure]"));
    if (!node) return;
    event.preventDefault();
    open(node);
  }, true);
})();
