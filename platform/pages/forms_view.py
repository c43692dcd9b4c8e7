"""The form by which a comparison is looked at: sent with GET, so that what it says is the address of the page."""

from __future__ import annotations

from typing import Any

from django import forms

from comparisons.column_text import AGGREGATES
from comparisons.columns import column_keys
from comparisons.state import FIGURES, NORMALISATIONS, TableState
from comparisons.table import ComparisonTable
from measurements.models import Technique
from samples.models import Process, Sample


class ViewForm(forms.Form):
    """Columns, rows, order, groups and baseline. Filled from a state and never bound, so nothing is refused here."""

    columns = forms.CharField(
        label="Columns, one to a line",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "code"}),
        help_text="Options stand behind a column: ;unit=mA/cm^2 ;digits=1 ;agg=best ;label=Mass",
    )
    sort = forms.ChoiceField(label="Order by")
    group = forms.ChoiceField(label="Group by")
    baseline = forms.ChoiceField(label="Hold against")
    per = forms.ChoiceField(label="Currents and capacities", choices=list(NORMALISATIONS.items()))
    figure = forms.ChoiceField(label="Draw", choices=list(FIGURES.items()))
    x = forms.ChoiceField(label="x (two columns)")
    y = forms.ChoiceField(label="y (two columns, bars)")
    colour = forms.ChoiceField(label="Colour by")
    dash = forms.ChoiceField(label="Dash by")
    facet = forms.ChoiceField(label="Panels by")
    cycles = forms.CharField(
        label="Cycles or spectra",
        max_length=100,
        help_text="Numbers, first, last, best: 1, 10, last. The first where it is empty.",
    )
    rows = forms.MultipleChoiceField(label="Rows", widget=forms.CheckboxSelectMultiple)
    pin = forms.MultipleChoiceField(label="First", widget=forms.CheckboxSelectMultiple)
    aggregate = forms.BooleanField(label="One row for each group")
    differs = forms.BooleanField(label="Only what differs")
    transpose = forms.BooleanField(label="Rows as columns")
    simulated = forms.BooleanField(label="Simulated rows count")

    def __init__(self, state: TableState, saved: list[str], table: ComparisonTable) -> None:
        """A form that shows a state.

        Args:
            state: How the table is looked at.
            saved: Columns that are saved.
            table: Filled with all rows, as they are before they are chosen.
        """
        initial: dict[str, Any] = {**vars(state), "columns": "\n".join(state.columns or saved)}
        super().__init__(initial=initial, use_required_attribute=False)
        heads = [(spec.key, spec.label) for spec in table.columns]
        names = [(row.key, f"{row.code} (simulated)" if row.simulated else row.code) for row in table.rows]
        down = [(f"-{key}", f"{label}, from large to small") for key, label in heads]
        self._offer("sort", [("", "as saved"), *heads, *down])
        self._offer("group", [("", "nothing"), *heads])
        self._offer("baseline", [("", "nothing"), *names])
        for name in ("x", "y", "colour", "dash", "facet"):
            self._offer(name, [("", "–"), *heads])
        self._offer("rows", names)
        self._offer("pin", names)

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices


class AddColumnForm(forms.Form):
    """One more column, put together by choosing: of which record, what, in which unit."""

    use_required_attribute = False  # it stands in the form of the view, which may be sent without it
    add_where = forms.ChoiceField(label="Of", required=False)
    add_key = forms.CharField(
        label="What", max_length=60, widget=forms.TextInput(attrs={"list": "column-keys", "autocomplete": "off"})
    )
    add_unit = forms.CharField(label="Unit", max_length=30, required=False)
    add_digits = forms.IntegerField(label="Decimals", min_value=0, max_value=12, required=False)
    add_agg = forms.ChoiceField(label="Of a group", choices=[(name, name) for name in AGGREGATES], required=False)

    def __init__(self, *args: Any, materials: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        where: Any = self.fields["add_where"]
        where.choices = [
            ("", "the cell and its test"),
            ("A process above", [(f"ancestor(process:{key})", label) for key, label in Process.Kind.choices]),
            ("A material above", [(f"ancestor(material:{name})", name) for name in materials]),
            ("A sample above", [(f"ancestor(kind:{key})", label) for key, label in Sample.Kind.choices]),
            ("Another measurement", [(f"measurement({key})", label) for key, label in Technique.choices]),
        ]

    @property
    def keys(self) -> tuple[str, ...]:
        """What is offered while a key is typed."""
        return column_keys()

    def text(self) -> str:
        """The column as text."""
        data = self.cleaned_data
        base = f"{data['add_where']}.{data['add_key']}" if data["add_where"] else data["add_key"]
        options = {"unit": data["add_unit"], "digits": data["add_digits"], "agg": data["add_agg"]}
        parts = [f"{name}={value}" for name, value in options.items() if value not in (None, "", "mean")]
        return ";".join([base.strip(), *parts])
