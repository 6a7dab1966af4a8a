/* The order book: copying a line, no row that moves away under an open menu, and what a person was
   doing (ticks, typing, focus, scroll, open parts) kept while rows are drawn again. */
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
  // Paused means still: what is read in the place of a stream waits too.
  const paused = () => document.documentElement.classList.contains("is-paused");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "order-table" || !(open() || paused())) return;
    event.preventDefault();
    missed = true;
  });
  const again = () => {
    const table = document.getElementById("order-table");
    if (!missed || !table) return;
    missed = false;
    table.dispatchEvent(new CustomEvent("desk:refresh"));
  };
  document.addEventListener("toggle", (event) => { if (event.newState === "closed") again(); }, true);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-live-pause]")) setTimeout(() => { if (!paused()) again(); });
  });

  // --- What a person was doing outlives the fragment being drawn again -----------------------------
  const PARTS = ["order-table", "order-detail", "notices"];
  const ROWS = "tbody tr[tabindex]";
  const rowsOf = (part) => [...part.querySelectorAll(ROWS)];
  let was = null;
  const place = (part) => {
    const node = document.activeElement;
    if (!part.contains(node)) return null;
    const row = node.closest(ROWS);
    return { id: node.id, row: row && row.id, at: rowsOf(part).indexOf(row), onRow: node === row };
  };
  const remember = (part) => ({
    part: part.id,
    ticked: [...part.querySelectorAll("input[name=order]:checked")].map((box) => box.id),
    typed: [...part.querySelectorAll(".book-filter input[id], .book-filter select[id]")].map((field) => [field.id, field.value]),
    open: [...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent.split(",")[0]),
    scrolled: [...part.querySelectorAll(".table-scroll, .raw")].map((box) => [box.scrollLeft, box.scrollTop]),
    place: place(part),
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.shouldSwap && PARTS.includes(event.detail.target.id)) was = remember(event.detail.target);
  });
  const look = (part) => {
    for (const id of was.ticked) { const box = document.getElementById(id); if (box) box.checked = true; }
    for (const [id, value] of was.typed) { const field = document.getElementById(id); if (field) field.value = value; }
    for (const summary of part.querySelectorAll("details > summary")) {
      if (was.open.includes(summary.textContent.split(",")[0])) summary.parentElement.open = true;
    }
    part.querySelectorAll(".table-scroll, .raw").forEach((box, index) => {
      if (was.scrolled[index]) [box.scrollLeft, box.scrollTop] = was.scrolled[index];
    });
  };
  // A row that has gone leaves the focus to the one that took its place, a button to its row.
  const refocus = (part) => {
    const { id, row, at, onRow } = was.place;
    if (part.contains(document.activeElement)) return;
    const rows = rowsOf(part);
    const next = (!onRow && id && document.getElementById(id)) || (row && document.getElementById(row)) || rows[Math.min(at, rows.length - 1)];
    (next || document.getElementById("main")).focus({ preventScroll: true });
  };
  document.addEventListener("htmx:afterSettle", () => {
    const part = was && document.getElementById(was.part);
    if (!part) return;
    look(part);
    if (was.place) refocus(part);
    was = null;
  });
})();
