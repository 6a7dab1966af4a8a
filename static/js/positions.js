/* The positions table: actions that follow the row under the pointer or focus; what a refresh keeps.
   Without this script each row has its own link to the same actions. */
"use strict";

(() => {
  // Those marked true are for the keys alone; the row has no room for more words.
  const ACTIONS = [["close", "Close", "c"], ["roll", "Roll", "r"], ["words", "Tag", ""], ["duplicate", "Duplicate", "d", true], ["reverse", "Reverse", "v", true]];
  let bar = null, kept = "";

  const made = () => {
    const box = document.createElement("span");
    box.className = "acts";
    for (const [name, word, key, unseen] of ACTIONS) {
      const link = document.createElement("a");
      link.className = unseen ? "visually-hidden" : "acts__link";
      link.textContent = word;
      link.tabIndex = -1;
      if (key) link.dataset.key = key;
      link.dataset.act = name;
      box.append(link);
    }
    return box;
  };
  const show = (row) => {
    const own = row?.querySelector("a.act");
    if (!own || bar?.parentNode === own.parentNode) return;
    bar = bar || made();
    for (const link of bar.children) {
      link.href = link.dataset.act === "words" ? own.dataset.words : `${own.getAttribute("href")}&do=${link.dataset.act}`;
    }
    own.before(bar);
  };
  const rowOf = (node) => node.closest?.("#position-table tbody tr");
  document.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") show(rowOf(event.target)); });
  document.addEventListener("focusin", (event) => show(rowOf(event.target)));

  // Rows chosen for what is done with several stay chosen when the table is drawn again.
  const picks = () => [...document.querySelectorAll("#position-table .pick")];
  let picked = new Set();
  const count = () => {
    const chosen = picks().filter((box) => box.checked);
    picked = new Set(chosen.map((box) => box.value));
    for (const box of picks()) box.closest("tr").classList.toggle("is-picked", box.checked);
    const form = document.getElementById("position-bulk");
    if (!form) return;
    form.querySelector("[data-picked]").textContent = chosen.length ? `(${chosen.length})` : "";
    form.querySelector("button").disabled = !chosen.length;
  };
  document.addEventListener("change", (event) => { if (event.target.matches?.(".pick")) count(); });
  window.addEventListener("pageshow", count);

  // A refreshed table may hold other rows: the socket is told, and the focus stays on its row.
  const isTable = (event) => event.detail.target?.id === "position-scroll";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isTable(event)) return;
    const row = rowOf(document.activeElement);
    kept = row ? row.querySelector("td")?.id || "" : "";
    bar = null;
    const args = event.detail.xhr.getResponseHeader("X-Live-Args");
    if (!args || args === document.body.dataset.liveArgs) return;
    document.body.dataset.liveArgs = args;
    document.dispatchEvent(new CustomEvent("desk:args"));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isTable(event)) return;
    for (const box of picks()) box.checked = picked.has(box.value);
    count();
    if (!kept) return;
    document.getElementById(kept)?.closest("tr").focus({ preventScroll: true });
    kept = "";
  });
})();
