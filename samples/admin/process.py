"""Admin page of processes: inputs with their ratio, thermal program and outputs on one page, stored together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from core.admin import Copyable, Draft, Reach, RecordAdmin, RecordForm, RowForm, Rows, RowsInline, TextInput, text_field
from core.admin.show import links, when
from core.admin.skin import Select
from custom.admin_forms import WithCustomValues
from samples.admin.sample import USED_SAMPLE
from samples.models import Process, ProcessInput, ProcessOutput, Sample, ThermalStep
from samples.ratios import RatioError, parse_ratio
from samples.selectors import OWN_FACTS, free_code, left_in_words, mass_left, why_no_copy
from samples.services import InputSpec, OutputSpec, ThermalStepSpec, change_process, create_process
from samples.thermal_sketch import drawing

_INPUT_FIELDS = ("sample", "material", "role", "planned_mass", "actual_mass", "weight_fraction")
_STEP_FIELDS = (
    "target", "dwell", "ramp_rate", "atmosphere", "pressure", "actual_target", "actual_dwell", "actual_ramp_rate",
)  # fmt: skip


class InputForm(RowForm):
    """One input: a sample, or a bare material."""

    def clean(self) -> dict[str, Any]:
        """Says at the row what is missing."""
        data = super().clean() or {}
        if not self.errors and not data.get("sample") and not data.get("material"):
            raise ValidationError({"sample": "Choose a sample or a bare material."})
        if data.get("sample") and data.get("material"):
            raise ValidationError({"material": "Choose either the sample or the bare material, not both."})
        return data

    def skips(self, constraint: Any) -> bool:
        """`clean` has words for the choice between sample and material."""
        return super().skips(constraint) or constraint.name == "input_is_sample_or_material"


class OutputForm(RowForm):
    """One output: a sample that exists, or the code of one that is made now."""

    new_code = text_field("or a new code", placeholder="CC-0043")
    new_kind = forms.ChoiceField(
        label="its kind",
        required=False,
        widget=Select,
        choices=[("", "Select value"), *(choice for choice in Sample.Kind.choices if choice[0] != Sample.Kind.CELL)],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "sample" in self.fields:
            self.fields["sample"].required = False

    def clean_new_code(self) -> str:
        """The code, if it can be one."""
        code: str = self.cleaned_data["new_code"].strip()
        if code:
            Sample._meta.get_field("code").run_validators(code)
        return code

    def clean(self) -> dict[str, Any]:
        """Either the sample or the code and kind of a new one."""
        data = super().clean() or {}
        sample, code = data.get("sample"), data.get("new_code")
        if sample and code:
            raise ValidationError({"new_code": "Choose an existing sample or type a new code, not both."})
        if not sample and not code and not self.errors:
            raise ValidationError({"new_code": "Choose an existing sample or type the code of a new one."})
        if code and not data.get("new_kind"):
            raise ValidationError({"new_kind": f"What kind of sample is {code}?"})
        return data

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "sample"}  # type: ignore[misc]


class InputsInline(RowsInline):
    """What went in."""

    model = ProcessInput
    form = InputForm
    fields = (*_INPUT_FIELDS, "left")
    readonly_fields = ("left",)
    autocomplete_fields = ("sample", "material")
    first_rows = 3
    verbose_name = "input"
    verbose_name_plural = "Inputs, in the order of the ratio"
    refusal_places = {"ratio_text": ""}

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what is left of each sample."""
        return super().get_queryset(request).annotate(left_=mass_left("sample"))

    @admin.display(description="left")
    def left(self, row: Any) -> str:
        """Of the sample, after all that processes took of it."""
        return left_in_words(getattr(row, "left_", None))


class ThermalInline(RowsInline):
    """The thermal program, planned beside what the furnace did."""

    model = ThermalStep
    fields = _STEP_FIELDS
    first_rows = 1
    verbose_name = "thermal step"
    verbose_name_plural = "Thermal program"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The row is narrow: atmospheres are added under Vocabularies. The program is drawn while it is typed."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "target":
            field.widget.attrs["data-thermal"] = reverse("thermal-sketch")
        if db_field.name == "atmosphere":
            for what in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{what}_related", False)
        return field


class OutputsInline(RowsInline):
    """What came out."""

    model = ProcessOutput
    form = OutputForm
    fields = ("sample", "new_code", "new_kind", "role", "mass")
    autocomplete_fields = ("sample",)
    first_rows = 1
    verbose_name = "output"
    verbose_name_plural = "Outputs: existing samples, or new ones that are made on saving"
    refusal_places = {"code": "outputs", "sample": "outputs"}


class ProcessForm(RecordForm):
    """A process; the ratio shows its fractions while it is typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "ratio_text" in self.fields:
            attrs = {"data-ratio": "inputs", "placeholder": "43:35:22", "autocomplete": "off"}
            self.fields["ratio_text"].widget = TextInput(attrs=attrs)

    def clean_ratio_text(self) -> str:
        """The ratio, if it is one; whether it has as many parts as there are components is the service's to say."""
        text: str = self.cleaned_data["ratio_text"].strip()
        try:
            if text:
                parse_ratio(text)
        except RatioError as error:
            raise ValidationError(str(error)) from error
        return text


@admin.register(Process)
class ProcessAdmin(Copyable, WithCustomValues, RecordAdmin):
    """What was done: mixing, co-sintering, assembly."""

    form = ProcessForm
    list_display = ("title", "kind", "made_from", "gave", "ratio_text", "done", "operator")
    list_filter = ("kind", "project", "operator")
    list_select_related = ("operator",)
    search_fields = ("name", "inputs__sample__code", "outputs__sample__code", "inputs__material__name")
    inlines = (InputsInline, ThermalInline, OutputsInline)
    error_places = {"ratio": "ratio_text"}
    own_facts = OWN_FACTS[Process]
    fieldsets = (
        (None, {"fields": ("project", "kind", "name", "ratio_text", "started_at", "ended_at")}),
        (
            "How",
            {
                "fields": (
                    "operator", "protocol", "instrument", "pressure", "duration", "rotation_speed", "crucible",
                    "mother_powder", "gas_flow", "cooling", "glovebox_water", "glovebox_oxygen",
                ),
                "classes": ("collapse", "co-late"),
            },
        ),
        (
            "Disassembly",
            {"fields": ("cycle_number", "state_of_charge", "transfer_atmosphere"), "classes": ("collapse", "co-late")},
        ),
        ("Note", {"fields": ("note",), "classes": ("collapse", "co-late")}),
    )  # fmt: skip

    class Media:
        js = ("admin/cosinter/ratio.js", "admin/cosinter/thermal.js")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With inputs and outputs in the list."""
        rows = super().get_queryset(request)
        if self.is_list(request):
            seen = Sample.objects.visible_to(request.user)
            inputs: Any = ProcessInput.objects.filter(Q(sample=None) | Q(sample__in=seen)).order_by("order")
            outputs: Any = ProcessOutput.objects.filter(sample__in=seen).order_by("order")
            rows = rows.prefetch_related(
                Prefetch("inputs", inputs.select_related("sample", "material")),
                Prefetch("outputs", outputs.select_related("sample")),
            )
        return rows

    def draft(self, request: HttpRequest, original: Process) -> Draft:
        """With inputs, thermal program as planned, and a free code for each sample that it gave."""
        reach = Reach.of(request)
        inputs = list(original.inputs.select_related("sample"))
        seen = [row for row in inputs if row.sample is None or reach.may_see(row.sample)]
        outputs = [row for row in original.outputs.select_related("sample__project") if reach.may_see(row.sample)]
        hidden = len(inputs) - len(seen) + original.outputs.count() - len(outputs)
        draft = replace(super().draft(request, original), hidden=hidden)
        draft.rows["inputs"] = [_copied(row, _INPUT_FIELDS) for row in seen]
        draft.rows["thermal_steps"] = [_copied(row, _STEP_FIELDS) for row in original.thermal_steps.all()]
        draft.rows["outputs"] = _like(outputs)
        return draft

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Also the processes that took a sample in."""
        return lookup == USED_SAMPLE or super().lookup_allowed(lookup, value, request)

    def why_no_copy(self, record: Process) -> str:
        """An assembly is copied with its cell."""
        return why_no_copy(record)

    def write(self, request: HttpRequest, form: RecordForm, rows: Rows, *, change: bool) -> None:
        """All of it or nothing, by the process's service."""
        inputs = [_input(row.cleaned_data) for row in rows["inputs"].living()]
        outputs = [_output(row.cleaned_data) for row in rows["outputs"].living()]
        _check_new_samples(outputs, form.cleaned_data["project"])
        steps = [_step(row.cleaned_data) for row in rows["thermal_steps"].living()]
        if not change:
            fields = form.entered()
            ratio = fields.pop("ratio_text", "")
            made = create_process(
                actor=request.user, ratio=ratio, inputs=inputs, outputs=outputs, thermal_steps=steps, **fields
            )
            form.instance.pk = made.pk  # the lists' forms took away the key that it had
            return
        changes = form.changes()
        ratio = changes.pop("ratio_text", None)
        lists: dict[str, Any] = {
            "inputs": inputs if rows["inputs"].is_changed() else None,
            "outputs": outputs if rows["outputs"].is_changed() else None,
            "thermal_steps": steps if rows["thermal_steps"].is_changed() else None,
        }
        if changes or ratio is not None or any(value is not None for value in lists.values()):
            change_process(
                self.stored(form), actor=request.user, expected_version=form.expected_version, ratio=ratio,
                **lists, **changes,
            )  # fmt: skip

    def headline(self, request: HttpRequest, obj: Process) -> SafeString | str:
        """The thermal program as a sketch of temperature over time."""
        return drawing(list(obj.thermal_steps.all()))

    @admin.display(description="process", ordering="name")
    def title(self, process: Process) -> str:
        """Its name, or what was done."""
        return str(process)

    @admin.display(description="inputs")
    def made_from(self, process: Process) -> str:
        """What went in."""
        return links(row.sample or row.material for row in process.inputs.all() if row.sample or row.material)

    @admin.display(description="outputs")
    def gave(self, process: Process) -> str:
        """What came out."""
        return links(row.sample for row in process.outputs.all())

    @admin.display(description="done", ordering="started_at")
    def done(self, process: Process) -> str:
        """When it began."""
        return when(process.started_at)


def _copied(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return model_to_dict(row, fields=[name for name in names if name not in OWN_FACTS[type(row)]])


def _like(outputs: list[ProcessOutput]) -> list[dict[str, Any]]:
    """New samples of the same kind and role as these, each with a code that nothing has."""
    rows: list[dict[str, Any]] = []
    for row in outputs:
        code = free_code(row.sample.project, row.sample.code, taken=[like["new_code"] for like in rows])
        rows.append({"new_code": code, "new_kind": row.sample.kind, "role": row.role})
    return rows


def _check_new_samples(outputs: list[OutputSpec], project: Any) -> None:
    """Says at the outputs what is wrong with a sample that is to be made.

    Raises:
        ValidationError: Its code is taken, for example.
    """
    for spec in outputs:
        if spec.sample._state.adding:
            spec.sample.project = project
            try:
                spec.sample.full_clean()
            except ValidationError as error:
                raise ValidationError({"outputs": error.messages}) from error


def _input(data: dict[str, Any]) -> InputSpec:
    return InputSpec(**{name: _quantity(data.get(name)) for name in _INPUT_FIELDS})


def _step(data: dict[str, Any]) -> ThermalStepSpec:
    return ThermalStepSpec(**{name: _quantity(data.get(name)) for name in _STEP_FIELDS})


def _output(data: dict[str, Any]) -> OutputSpec:
    sample = data.get("sample") or Sample(code=data["new_code"], kind=data["new_kind"])
    return OutputSpec(sample=sample, role=data.get("role", ""), mass=_quantity(data.get("mass")))


def _quantity(value: Any) -> Any:
    """An empty box is a value that is not known."""
    return None if value == "" else value
