// Keeps what was typed when a row of a list is taken away: the skin writes the rows below it anew, from their
// attributes, which know nothing of what a person typed or chose since the page came.
"use strict";

(() => {
  const ROWS = ".formset";
  const jQuery = () => window.django && window.django.jQuery;

  function chosen(formset) {
    const boxes = formset.querySelectorAll("select.admin-autocomplete");
    return [...boxes].filter((box) => !box.name.includes("__prefix__"));
  }

  function keep(field) {
    if (field.type === "checkbox" || field.type === "radio") field.toggleAttribute("checked", field.checked);
    else if (field.tagName === "SELECT") {
      for (const option of field.options) option.toggleAttribute("selected", option.selected);
    } else if (field.tagName === "TEXTAREA") field.textContent = field.value;
    else if (field.type !== "file") field.setAttribute("value", field.value);
  }

  function before(event) {
    const formset = event.target.closest?.(".delete-template")?.closest(ROWS);
    if (!formset) return;
    const $ = jQuery();
    if ($) chosen(formset).filter((box) => $(box).data("select2")).forEach((box) => $(box).select2("destroy"));
    formset.querySelectorAll("input[name], select[name], textarea[name]").forEach(keep);
  }

  function after() {
    const $ = jQuery();
    if (!$ || !$.fn.djangoAdminSelect2) return;
    document.querySelectorAll(ROWS).forEach((formset) => {
      $(chosen(formset).filter((box) => !$(box).data("select2"))).djangoAdminSelect2();
    });
  }

  document.addEventListener("click", before, true);
  document.addEventListener("formset:removed", after);
})();
