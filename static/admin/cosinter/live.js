// Fetches the part of a page that is still being worked on, until it is finished.
"use strict";

(() => {
  const EVERY = 1500;
  const GIVE_UP_AFTER = 400;

  let touched = false;

  // The work may have changed the record (the file told the technique): a form nobody has begun to fill in is renewed.
  function finish() {
    if (!touched) window.location.reload();
  }

  function follow(part, tries) {
    if (tries > GIVE_UP_AFTER || !part.isConnected) return;
    setTimeout(async () => {
      if (document.hidden) return follow(part, tries);
      try {
        const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.body.firstElementChild;
        part.replaceWith(fresh);
        if (fresh.dataset.live) follow(fresh, tries + 1);
        else finish();
      } catch {
        follow(part, tries + 1);
      }
    }, EVERY);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.addEventListener("input", () => {
      touched = true;
    });
    document.querySelectorAll("[data-live]").forEach((part) => follow(part, 0));
  });
})();
