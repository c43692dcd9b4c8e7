// What the frame of every page does: the colours a person chose, set before the page is drawn so that nothing flashes
// (without a choice the system decides); menus that close; on a narrow window, the current place scrolled into view.

(() => {
  const key = "theme";
  const root = document.documentElement;
  const kept = localStorage.getItem(key);
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose-theme]");
    if (!button) return;
    const chosen = button.dataset.chooseTheme;
    if (chosen === "system") {
      localStorage.removeItem(key);
      delete root.dataset.theme;
    } else {
      localStorage.setItem(key, chosen);
      root.dataset.theme = chosen;
    }
    button.closest("details")?.removeAttribute("open");
  });

  // A menu closes by Escape and by a click elsewhere, as menus do.
  const close = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(null); });
  document.addEventListener("click", (event) => close(event.target.closest("details.menu")));

  document.addEventListener("DOMContentLoaded", () => {
    const here = document.querySelector(".nav [aria-current]");
    if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.clientWidth / 2;
  });
})();
