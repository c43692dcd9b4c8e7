// Opens the print dialogue of the browser: the style sheet gives the labels their size on paper.

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
