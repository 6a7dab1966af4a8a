/* The order book: copying a line, and no row that moves away under an open menu. */
"use strict";

(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const menu = button.closest("[popover]");
    if (menu) menu.hidePopover();
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      window.deskToast("Copied.", "info");
    } catch {
      // Without the clipboard's permission the text is shown to be copied by hand.
      window.deskToast(button.dataset.copy, "info");
    }
  });

  // While a menu of the table is open the table stands still; it is read again afterwards.
  let missed = false;
  const open = () => document.querySelector("#order-table [popover]:popover-open");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "order-table" || !open()) return;
    event.preventDefault();
    missed = true;
  });
  document.addEventListener("toggle", (event) => {
    if (event.newState !== "closed" || !missed) return;
    missed = false;
    const table = document.getElementById("order-table");
    if (table) table.dispatchEvent(new CustomEvent("desk:refresh"));
  }, true);

  // Ticked rows stay ticked when the table is drawn again.
  let ticked = [];
  document.addEventListener("htmx:beforeSwap", () => {
    ticked = [...document.querySelectorAll("#order-table input[name=order]:checked")].map((box) => box.id);
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const id of ticked.splice(0)) {
      const box = document.getElementById(id);
      if (box) box.checked = true;
    }
  });
})();
