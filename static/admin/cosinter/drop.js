// Lets files be dropped on a file input and lists what was chosen. Without it the input works as any other.
"use strict";

(() => {
  function list(field) {
    const input = field.querySelector("input[type=file]");
    const shown = field.querySelector("[data-drop-list]");
    shown.replaceChildren(
      ...[...input.files].map((file) => {
        const line = document.createElement("li");
        line.textContent = `${file.name} (${(file.size / 1e6).toPrecision(3)} MB)`;
        return line;
      }),
    );
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-drop]").forEach((field) => {
      const input = field.querySelector("input[type=file]");
      input.addEventListener("change", () => list(field));
      for (const kind of ["dragenter", "dragover"]) {
        field.addEventListener(kind, (event) => {
          event.preventDefault();
          field.classList.add("co-over");
        });
      }
      for (const kind of ["dragleave", "drop"]) {
        field.addEventListener(kind, () => field.classList.remove("co-over"));
      }
      field.addEventListener("drop", (event) => {
        event.preventDefault();
        if (!event.dataTransfer.files.length) return;
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      });
    });
  });
})();
