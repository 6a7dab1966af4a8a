/* The keyboard: places, rows, actions, and the one rule that no single key ever sends.
   An element says which key presses it with data-key; in a focused row its own elements come
   first, then those of the page. What sends carries data-send: it is pressed by Ctrl+Enter while
   it has the focus, or by the pointer, and by nothing else. */
"use strict";

(() => {
  const PLACES = { d: "/", p: "/positions/", o: "/orders/", t: "/trade/", r: "/risk/", e: "/expirations/", j: "/chains/", a: "/activity/", c: "/connections/", n: "/notices/" };
  const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea, [contenteditable]";
  const present = () => new Set([...document.querySelectorAll("nav a[href]")].map((link) => link.getAttribute("href")));

  // --- What sends ---------------------------------------------------------------------------------
  const HOW = "To send, press Ctrl and Enter together on this button.";
  // Enter in a field presses the form's first button, also one that sends: not here.
  const fieldOfSender = (event) => {
    if (event.key !== "Enter" || !event.target.matches("input, select")) return false;
    const first = event.target.form && [...event.target.form.elements].find((node) => node.type === "submit" || node.type === "image");
    return Boolean(first && first.matches("[data-send]"));
  };
  const guardSend = (event) => {
    if (fieldOfSender(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.type === "keydown" && !event.repeat) say("Enter sends nothing from a field. Go to the button and press Ctrl and Enter.");
      return true;
    }
    const button = event.target.closest("[data-send]");
    if (!button || (event.key !== "Enter" && event.key !== " ")) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    const chord = event.type === "keydown" && event.key === "Enter" && event.ctrlKey && !event.repeat;
    if (!chord) {
      if (event.type === "keydown" && !event.repeat) say(HOW);
      return true;
    }
    if (!button.disabled) button.form ? button.form.requestSubmit(button) : button.click();
    return true;
  };
  // A space presses a button when it is let go.
  window.addEventListener("keydown", guardSend, true);
  window.addEventListener("keyup", guardSend, true);

  const say = (words) => {
    const place = document.getElementById("key-status");
    if (place) place.textContent = words;
  };

  // --- Rows -----------------------------------------------------------------------------------------
  const rows = () => [...document.querySelectorAll("main tbody tr[tabindex]")].filter((row) => row.offsetParent !== null);
  const rowOf = (node) => node.closest && node.closest("main tbody tr[tabindex]");
  const stepRow = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(rowOf(document.activeElement));
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  // --- Actions by key ---------------------------------------------------------------------------------
  const target = (key) => {
    const quoted = `[data-key="${CSS.escape(key)}"]`;
    const row = rowOf(document.activeElement);
    const inRow = row && [...row.querySelectorAll(quoted)];
    const found = inRow && inRow.length ? inRow : [...document.querySelectorAll(`main ${quoted}, .drawer:not([hidden]) ${quoted}`)].filter((node) => !rowOf(node));
    return found.find((node) => !node.disabled);
  };
  // The ticket's own buttons, which have no key of theirs written on them.
  const TICKET = { "[": '[data-step="-1"]', "]": '[data-step="1"]', "{": '[data-step="-1"]', "}": '[data-step="1"]', m: 'button[name="do"][value^="mid"]' };
  const pressTicket = (key) => {
    const node = TICKET[key] && document.querySelector(`#ticket ${TICKET[key]}`);
    if (!node) return false;
    // With Shift ten ticks, as with the pointer.
    node.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: key === "{" || key === "}" }));
    return true;
  };
  const press = (key) => {
    const node = target(key);
    if (!node) return pressTicket(key);
    // A key goes to what sends, and no further.
    if (node.matches("[data-send]")) { node.focus(); say(HOW); }
    else if (node.matches(TYPING)) { node.focus(); node.select && node.select(); }
    else node.click();
    return true;
  };

  const search = () => {
    const field = document.querySelector('main [data-key="/"], main input[name="symbol"]');
    if (field) { field.focus(); field.select(); } else location.href = "/trade/";
  };
  const back = () => {
    const field = document.activeElement;
    const open = document.querySelectorAll("details.menu[open]");
    open.forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    if (open.length || document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (field && field.closest(".drawer:not([hidden])")) return;
    if (field && field.matches(TYPING)) { field.blur(); return; }
    const link = document.querySelector("main [data-back]");
    if (link) link.click();
  };

  // --- The overlay ------------------------------------------------------------------------------------
  const help = () => {
    const dialog = document.getElementById("keys");
    if (!dialog) return;
    if (dialog.open) dialog.close(); else dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys-open]")) help();
    if (event.target.closest("[data-keys-close]") || event.target.id === "keys") document.getElementById("keys").close();
  });

  let going = 0;
  const onKey = (event) => {
    if (event.defaultPrevented) return;
    if (event.key === "Escape") { back(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    if (going && Date.now() - going < 1500) {
      going = 0;
      const place = PLACES[event.key];
      if (place && present().has(place)) { event.preventDefault(); location.href = place; }
      return;
    }
    going = 0;
    if (event.key === "g") { going = Date.now(); return; }
    const own = { "?": help, "/": search, j: () => stepRow(1), k: () => stepRow(-1) }[event.key];
    if (own) { event.preventDefault(); own(); return; }
    // Enter belongs to what has the focus, unless that is a row.
    if (event.key === "Enter" && document.activeElement !== rowOf(document.activeElement)) return;
    if (event.key === "n" && !target("n")) { location.href = "/trade/"; return; }
    if (["Enter", "x", "c", "r", "d", "v", "n", "m", "[", "]", "{", "}"].includes(event.key) && press(event.key)) event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
})();
