/* Small conveniences of the frame. Every page works without them. */
"use strict";

(() => {
  const root = document.documentElement;

  const send = (form) =>
    fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });

  const toggles = {
    theme: () => {
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      const meta = document.querySelector('meta[name="color-scheme"]');
      if (meta) meta.content = root.dataset.theme;
    },
    rail: () => {
      root.dataset.rail = root.dataset.rail === "folded" ? "open" : "folded";
    },
  };

  document.addEventListener("submit", (event) => {
    const toggle = toggles[event.target.dataset.toggle];
    if (toggle) {
      event.preventDefault();
      toggle();
      send(event.target).catch(() => event.target.submit());
      return;
    }
    // One press, one request.
    if (event.target.dataset.busy === "yes") event.preventDefault();
    else if (event.target.method === "post" && !event.target.hasAttribute("hx-post")) event.target.dataset.busy = "yes";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll('form[data-busy="yes"]').forEach((form) => delete form.dataset.busy);
  });

  // Menus: one open at a time; a click elsewhere or Escape closes.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // Keys: `g` and a letter goes somewhere, `?` shows them. None of them ever sends anything.
  const places = { d: "/", p: "/positions/", o: "/orders/", t: "/trade/", c: "/connections/" };
  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (going && places[event.key]) {
      location.href = places[event.key];
    } else if (event.key === "j" || event.key === "k") {
      stepRow(event.key === "j" ? 1 : -1);
    }
    going = event.key === "g" && !going;
  });

  const stepRow = (step) => {
    const rows = [...document.querySelectorAll("main .table-desk tbody tr[tabindex]")];
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement.closest("tr"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    next.focus();
  };

  // The line to the server: what is on the page is drawn as old until it is back.
  const alerts = () => document.getElementById("alerts");
  let lostAt = null;
  document.addEventListener("desk:lost", () => {
    if (lostAt) return;
    lostAt = new Date();
    root.dataset.link = "lost";
    const words = `The line to this server was lost at ${lostAt.toLocaleTimeString("en-GB")}. Figures are those of that time; trying again.`;
    document.getElementById("link-words").textContent = words;
    document.getElementById("link-banner").hidden = false;
    if (alerts()) alerts().textContent = words;
  });
  document.addEventListener("desk:connected", () => {
    if (!lostAt) return;
    lostAt = null;
    delete root.dataset.link;
    document.getElementById("link-banner").hidden = true;
    if (alerts()) alerts().textContent = "";
    toast("The line to the server is back.", "info");
  });

  // Messages that come with a fragment, and errors that htmx would swallow.
  const toast = (text, level) => {
    const box = document.getElementById("toasts");
    if (!box) return;
    const note = document.createElement("div");
    note.className = `notice notice--${level}`;
    note.textContent = text;
    box.append(note);
    setTimeout(() => note.remove(), level === "error" ? 12000 : 6000);
    if (level === "error") document.getElementById("alerts").textContent = text;
  };
  document.addEventListener("htmx:sendError", () => toast("The server did not answer. Nothing was changed.", "error"));
  document.addEventListener("htmx:responseError", (event) => {
    toast(`The server refused this (${event.detail.xhr.status}). Reload the page to see how things are.`, "error");
  });
})();
