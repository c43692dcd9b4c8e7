"""Forms of the pages. They check what was typed and keep it; services do the writing."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Project, RerunPolicy
from analysis_tasks.kernels.base import Kernel, Parameter
from analysis_tasks.services import Selection, samples_named
from core.merging import Merge, merge_with_stored, sealed, shown_values, take_stored
from core.quantities import QUANTITIES, QuantityError, display_unit, parse
from custom.selectors import meeting
from custom.values import ValueRefused
from measurements.models import Measurement, Technique
from samples.models import Sample
from search.models import SavedQuery


class RecordFilter(forms.Form):
    """What a list of samples or cells shows; its state is the address."""

    kind = forms.ChoiceField(label="Kind", required=False)
    project = forms.ModelChoiceField(Project.objects.none(), label="Project", required=False, to_field_name="slug")
    tag = forms.CharField(label="Tag", required=False, max_length=50)
    field = forms.CharField(
        label="Field", required=False, widget=forms.TextInput(attrs={"placeholder": "humidity >= 3 %"})
    )

    def __init__(self, *args: Any, user: Any, kinds: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        project: Any = self.fields["project"]
        project.queryset = Project.objects.visible_to(user)
        project.empty_label = "all"
        kind: Any = self.fields["kind"]
        kind.choices = [("", "all"), *(kinds or [])]
        if not kinds:
            del self.fields["kind"]

    def narrowed(self, rows: Any) -> Any:
        """The rows with the tag and the field value that are asked for; a condition that is none is said at its box."""
        if tag := self.chosen("tag"):
            rows = rows.filter(tags__contains=[" ".join(tag.split())])
        if condition := self.chosen("field"):
            try:
                rows = meeting(rows, condition, self._user)
            except ValueRefused as error:
                self.add_error("field", str(error))
        return rows

    def chosen(self, name: str) -> Any:
        """A valid choice, None where nothing or nonsense was asked for."""
        return self.cleaned_data.get(name) if self.is_valid() or hasattr(self, "cleaned_data") else None


def sample_kinds() -> list[tuple[str, str]]:
    """Kinds of samples for a filter; cells have a list of their own."""
    return [(value, str(label)) for value, label in Sample.Kind.choices if value != Sample.Kind.CELL]


def techniques() -> list[tuple[str, str]]:
    """Techniques for a filter."""
    return [(value, str(label)) for value, label in Technique.choices]


class EditForm(forms.Form):
    """Some fields of a record that a page lets people change; see `core.merging` for what happens when two do."""

    names: ClassVar[tuple[str, ...]] = ()

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    seen_values = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record
        self.merge: Merge | None = None
        for name in self.names:
            field: Any = record._meta.get_field(name)
            made: forms.Field = field.formfield()
            made.initial = field.value_from_object(record)
            self.fields[name] = made
        self.fields["seen_version"].initial = record.version
        self.fields["seen_values"].initial = lambda: sealed(shown_values(self))

    def changes(self) -> dict[str, Any]:
        """What was filled in, by field."""
        return {name: self.cleaned_data[name] for name in self.names}

    def merge_with_stored(self) -> None:
        """Keeps the person's own changes, takes the others' for the rest, and shows both where they differ."""
        self.merge = merge_with_stored(self, self.record)

    def take_theirs(self, name: str) -> None:
        """Gives up the person's own change of one field."""
        if name in self.names:
            take_stored(self, name)
        self.merge_with_stored()


class CellMassForm(EditForm):
    """The few numbers of a cell that capacities are divided by."""

    names: ClassVar[tuple[str, ...]] = ("active_mass", "active_mass_uncertainty", "electrode_area")


class UploadForm(forms.Form):
    """A file with the sample or cell it was measured on, and the conditions a person wants to state with it."""

    file = forms.FileField(label="File")
    subject = forms.CharField(label="Sample or cell")
    technique = forms.ChoiceField(label="Technique", required=False)
    temperature = forms.CharField(label="Temperature", required=False)
    rate = forms.CharField(
        label="Rate (cells)", required=False, widget=forms.TextInput(attrs={"placeholder": "0.05 C (1C = 180 mA/g)"})
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        temperature: Any = Measurement._meta.get_field("temperature")
        self.fields["temperature"] = temperature.formfield()
        technique: Any = self.fields["technique"]
        technique.choices = [("", "as the file says"), *techniques()]

    def clean_subject(self) -> Sample:
        """The sample or cell of a `project/code`."""
        project, _, code = self.cleaned_data["subject"].strip().partition("/")
        found: Sample | None = (
            Sample.objects.visible_to(self.user).filter(project__slug=project, code__iexact=code).first()
        )
        if found is None:
            raise ValidationError(
                "There is no sample or cell %(text)s; write project/code, such as demo/LLZTO-particles.",
                params={"text": self.cleaned_data["subject"]},
            )
        return found

    def clean(self) -> dict[str, Any]:
        """A rate is stated of cells only."""
        data: dict[str, Any] = super().clean() or {}
        subject = data.get("subject")
        if data.get("rate") and subject is not None and subject.kind != Sample.Kind.CELL:
            self.add_error("rate", f"{subject} is not a cell; a rate is stated of cells only.")
        return data

    def conditions(self) -> dict[str, str]:
        """The stated conditions, without the empty ones."""
        return {name: self.cleaned_data[name] for name in ("temperature", "rate") if self.cleaned_data[name]}


class ParameterForm(forms.Form):
    """Values of a kernel for one more run. Empty: from the records, else the default."""

    def __init__(self, *args: Any, kernel: Kernel, chosen: dict[str, Any], used: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kernel = kernel
        for parameter in kernel.parameters:
            self.fields[parameter.key] = _parameter_field(parameter, chosen.get(parameter.key), used.get(parameter.key))

    def clean(self) -> dict[str, Any]:
        """Texts as numbers where the kernel wants numbers; each error stands at its field."""
        data: dict[str, Any] = super().clean() or {}
        for parameter in self.kernel.parameters:
            text = data.get(parameter.key)
            if not text:
                continue
            try:
                data[parameter.key] = _typed(parameter, text)
            except QuantityError as error:
                self.add_error(parameter.key, str(error))
        return data

    def given(self) -> dict[str, Any]:
        """What the person set, by parameter."""
        return {key: value for key, value in self.cleaned_data.items() if value not in ("", None)}


def _parameter_field(parameter: Parameter, chosen: Any, used: Any) -> forms.Field:
    known = QUANTITIES.get(parameter.key)
    label = known.label if known else parameter.key.replace("_", " ").capitalize()
    if parameter.choices:
        choices = [("", "as in the records"), *((choice, choice) for choice in parameter.choices)]
        return forms.ChoiceField(
            label=label, choices=choices, required=False, help_text=parameter.description, initial=chosen or ""
        )
    unit = display_unit(parameter.unit)
    hint = f"{used:g} {unit}".strip() if isinstance(used, int | float) else str(used or f"not known, in {unit}")
    start = chosen if isinstance(chosen, str) else f"{chosen!r} {unit}".strip() if chosen is not None else ""
    widget = forms.TextInput(attrs={"placeholder": hint})
    return forms.CharField(label=label, required=False, help_text=parameter.description, initial=start, widget=widget)


def _typed(parameter: Parameter, text: str) -> Any:
    if parameter.choices:
        return text
    if isinstance(parameter.default, int) and not isinstance(parameter.default, bool) and not parameter.unit:
        value = parse(text, "1", what=parameter.key.replace("_", " ")).value
        if value != int(value):
            raise QuantityError(f'{parameter.key.replace("_", " ")}: "{text}" is not a whole number')
        return int(value)
    return parse(text, parameter.unit or "1", what=parameter.key.replace("_", " ")).value


class CopyForm(forms.Form):
    """A copy of a comparison: its title and its address."""

    title = forms.CharField(label="Title of the copy", max_length=300)
    slug = forms.SlugField(label="Address", max_length=60, help_text="Letters, digits and hyphens, such as my-cells.")
    project = forms.ModelChoiceField(Project.objects.none(), label="Project", to_field_name="slug", empty_label=None)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.editable_by(user)


class KeepQueryForm(forms.Form):
    """A query under a name, for everybody in a project."""

    name = forms.CharField(label="Keep under the name", max_length=100)
    project = forms.ModelChoiceField(Project.objects.none(), label="In project", to_field_name="slug", empty_label=None)
    about = forms.ChoiceField(choices=SavedQuery.About.choices, widget=forms.HiddenInput)
    text = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.editable_by(user)


class CampaignForm(forms.Form):
    """What is to be computed again in bulk; its state is the address of the preview."""

    project = forms.ModelChoiceField(Project.objects.none(), label="Project", required=False, to_field_name="slug")
    release = forms.ChoiceField(label="Given by", required=False)
    policy = forms.ChoiceField(
        label="Policy of the project", required=False, choices=[("", "any"), *RerunPolicy.choices]
    )
    samples = forms.CharField(
        label="Samples or cells", required=False, widget=forms.TextInput(attrs={"placeholder": "codes; empty: all"})
    )

    def __init__(self, *args: Any, user: Any, releases: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        project: Any = self.fields["project"]
        project.queryset = Project.objects.editable_by(user)
        project.required = not user.is_superuser
        project.empty_label = "all" if user.is_superuser else "choose one"
        release: Any = self.fields["release"]
        release.choices = [
            ("", "any kernel"),
            *((f"{name} {version}", f"{name} {version}") for name, version in releases),
        ]

    def clean(self) -> dict[str, Any]:
        """The samples by their codes."""
        data: dict[str, Any] = super().clean() or {}
        codes = (data.get("samples") or "").replace(",", " ").split()
        self.chosen = samples_named(codes, actor=self.user, project=data.get("project")) if codes else ()
        return data

    def selection(self) -> Selection:
        """What it means, once it is valid."""
        kernel, _, version = self.cleaned_data["release"].rpartition(" ")
        return Selection(self.cleaned_data["project"], kernel, version, self.cleaned_data["policy"], self.chosen)


class CampaignNameForm(forms.Form):
    """What a campaign is called, and why it is done."""

    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"placeholder": "Capacities with the new masses"})
    )
    reason = forms.CharField(label="Why", max_length=300, required=False)
