// Shows what a weight ratio means while it is typed: the fraction of each component, and whether they are as many.
// The server decides; this only spares a round trip.
"use strict";

(() => {
  function parts(text) {
    const percent = /%/.test(text);
    const found = text
      .replace(/\(?\s*(by\s+)?(weight|mass|wt\.?)\s*\)?\s*$/i, "")
      .split(/[:/∶]/)
      .map((part) => part.replace(/(wt\.?\s*)?%/i, "").replace(",", ".").trim());
    const numbers = found.map((part) => (/^\d*\.?\d+\.?$/.test(part) ? Number(part) : NaN));
    return { numbers, percent };
  }

  // The admin's boxes hold keys and show words; those of the pages hold the name, of a sample after its project.
  function nameOf(chosen) {
    if (!chosen.selectedOptions) return chosen.value.split("/").pop().trim();
    return chosen.selectedOptions[0].textContent.split(" · ")[0].trim();
  }

  function components(prefix) {
    return [...document.querySelectorAll(`select[name^="${prefix}-"][name$="-role"]`)]
      .filter((role) => !role.name.includes("__prefix__") && role.value === "component")
      .map((role) => {
        const base = role.name.replace(/-role$/, "");
        const pick = (name) => document.querySelector(`[name="${base}-${name}"]`);
        const removed = pick("DELETE");
        const chosen = [pick("sample"), pick("material")].find((field) => field && field.value);
        return {
          fraction: pick("weight_fraction"),
          name: chosen ? nameOf(chosen) : "",
          removed: Boolean(removed && removed.checked),
        };
      })
      .filter((row) => row.name && !row.removed);
  }

  function describe(numbers, percent, rows) {
    if (numbers.some(Number.isNaN)) return { text: "Write numbers such as 43:35:22.", bad: true };
    if (numbers.length < 2) return { text: "A ratio has two or more parts.", bad: false };
    const total = numbers.reduce((sum, part) => sum + part, 0);
    const shares = numbers.map((part) => (100 * part) / total);
    const words = shares.map((share, i) => `${rows[i] ? `${rows[i].name} ` : ""}${Number(share.toFixed(2))} %`);
    let text = `${words.join(" · ")} (parts add to ${Number(total.toFixed(6))})`;
    const wrong = percent && Math.abs(total - 100) > 0.5;
    const differs = rows.length > 0 && rows.length !== numbers.length;
    if (wrong) text += ": percentages must add to 100";
    if (differs) text += `: ${numbers.length} parts for ${rows.length} components`;
    return { text, bad: wrong || differs };
  }

  function update(input, output) {
    const text = input.value.trim();
    const rows = components(input.dataset.ratio);
    const given = text !== "";
    const { numbers, percent } = parts(text);
    const said = given ? describe(numbers, percent, rows) : { text: "", bad: false };
    output.textContent = said.text;
    output.classList.toggle("co-bad", said.bad);
    const total = numbers.reduce((sum, part) => sum + part, 0);
    rows.forEach((row, i) => {
      if (!row.fraction) return;
      row.fraction.readOnly = given;
      if (given && Number.isFinite(numbers[i])) row.fraction.value = Number((numbers[i] / total).toFixed(6));
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-ratio]").forEach((input) => {
      const output = document.createElement("output");
      output.className = "co-ratio";
      output.htmlFor = input.id;
      input.insertAdjacentElement("afterend", output);
      const refresh = () => update(input, output);
      input.addEventListener("input", refresh);
      document.addEventListener("change", refresh);
      if (window.django && window.django.jQuery) window.django.jQuery(document).on("change", "select", refresh);
      refresh();
    });
  });
})();
