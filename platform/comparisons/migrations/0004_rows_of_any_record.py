"""Rows of comparisons become cells, samples or measurements."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('comparisons', '0003_comparison_state'),
        ('measurements', '0001_initial'),
        ('samples', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='comparisonrow', name='row_once'),
        migrations.RenameField(model_name='comparisonrow', old_name='cell', new_name='subject'),
        migrations.RenameField(model_name='comparisonrow', old_name='test', new_name='measurement'),
        migrations.AlterField(
            model_name='comparisonrow',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comparison_rows', to='samples.sample'),
        ),
        migrations.AlterField(
            model_name='comparisonrow',
            name='measurement',
            field=models.ForeignKey(blank=True, help_text='Empty: the latest with results.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comparison_rows', to='measurements.measurement'),
        ),
        migrations.AddConstraint(
            model_name='comparisonrow',
            constraint=models.UniqueConstraint(fields=('comparison', 'subject', 'measurement'), name='row_once', nulls_distinct=False),
        ),
        migrations.AddField(
            model_name='comparison',
            name='about',
            field=models.CharField(choices=[('cells', 'cells'), ('samples', 'samples'), ('measurements', 'measurements')], default='cells', help_text='What its rows are.', max_length=12, verbose_name='rows'),
        ),
        migrations.AlterField(
            model_name='comparison',
            name='state',
            field=models.JSONField(blank=True, default=dict, help_text='How it is looked at: query, order, groups ...'),
        ),
    ]
