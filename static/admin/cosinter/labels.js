// Gives the boxes of the autocompletes the names of the fields that they stand for: a screen reader reads them out.
"use strict";

(() => {
  function nameOf(select) {
    const label = select.id ? document.querySelector(`label[for="${CSS.escape(select.id)}"]`) : null;
    return select.getAttribute("aria-label") || (label ? label.textContent.trim() : "") || select.name;
  }

  function label(box) {
    const select = box.closest(".select2")?.previousElementSibling;
    if (!select) return;
    const name = nameOf(select);
    box.removeAttribute("aria-labelledby");
    box.setAttribute("aria-label", name);
    const shown = box.querySelector('[role="textbox"]');
    if (shown) {
      const chosen = select.selectedOptions[0]?.textContent.trim();
      shown.setAttribute("aria-label", chosen ? `${name}: ${chosen}` : name);
    }
  }

  const BOXES = '.select2-selection[role="combobox"]';

  function labelAll() {
    document.querySelectorAll(BOXES).forEach(label);
  }

  window.addEventListener("load", () => {
    labelAll();
    new MutationObserver(labelAll).observe(document.body, { childList: true, subtree: true });
  });
})();
