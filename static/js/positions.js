/* The positions table's actions: one set of links that follows the row under the pointer or focus.
   Without this script each row has its own link to the same actions. */
"use strict";

(() => {
  // The last two are for the keys alone; the row has no room for more words.
  const ACTIONS = [["close", "Close", "c"], ["roll", "Roll", "r"], ["duplicate", "Duplicate", "d", true], ["reverse", "Reverse", "v", true]];
  let bar = null;

  const made = () => {
    const box = document.createElement("span");
    box.className = "acts";
    for (const [name, word, key, unseen] of ACTIONS) {
      const link = document.createElement("a");
      link.className = unseen ? "visually-hidden" : "acts__link";
      link.textContent = word;
      link.tabIndex = -1;
      link.dataset.key = key;
      link.dataset.act = name;
      box.append(link);
    }
    return box;
  };
  const show = (row) => {
    const own = row?.querySelector("a.act");
    if (!own || bar?.parentNode === own.parentNode) return;
    bar = bar || made();
    for (const link of bar.children) link.href = `${own.getAttribute("href")}&do=${link.dataset.act}`;
    own.before(bar);
  };
  const rowOf = (event) => event.target.closest?.("#position-table tbody tr");
  document.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") show(rowOf(event)); });
  document.addEventListener("focusin", (event) => show(rowOf(event)));
})();
