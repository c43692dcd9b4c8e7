// Shows the fields of the project that is chosen for a new record: they are asked for before it is stored.
"use strict";

(() => {
  const MARK = "[data-follows]";

  function part(root) {
    return root.querySelector(MARK)?.closest("fieldset");
  }

  async function follow(chosen) {
    const query = new URLSearchParams(window.location.search);
    query.set(chosen.name, chosen.value);
    const answer = await fetch(`${window.location.pathname}?${query}`, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const fresh = part(new DOMParser().parseFromString(await answer.text(), "text/html"));
    const old = part(document);
    if (!fresh || !old || query.get(chosen.name) !== chosen.value) return;
    for (const field of old.querySelectorAll("[name]")) {
      const same = fresh.querySelector(`[name="${field.name}"]`);
      if (same && field.value) same.value = field.value;
    }
    old.replaceWith(fresh);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const mark = document.querySelector(MARK);
    const chosen = mark && document.querySelector(`select[name="${mark.dataset.follows}"]`);
    if (!chosen) return;
    // The skin's boxes announce their choice by jQuery only.
    if (window.django && window.django.jQuery) window.django.jQuery(chosen).on("change", () => follow(chosen));
    else chosen.addEventListener("change", () => follow(chosen));
  });
})();
