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
    if (window.deskToast) window.deskToast("The line to the server is back.", "info");
  });

  // --- Cards that follow their page: what fails says so in its place, and can be asked for again ---
  const settle = (panel, failed) => {
    panel.querySelector("[data-later]").hidden = failed;
    panel.querySelector("[data-later-failed]").hidden = !failed;
  };
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.elt.matches(".panel--later")) settle(event.detail.elt, true);
    });
  }
  document.addEventListener("click", (event) => {
    const panel = event.target.closest("[data-later-retry]")?.closest(".panel--later");
    if (!panel) return;
    settle(panel, false);
    htmx.trigger(panel, "retry");
  });
})();
