"""Runs that read results of other runs, and in the staleness view the reason that those have changed."""

import importlib
import uuid

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

before = importlib.import_module("analysis_tasks.migrations.0004_staleness_by_record")

# What a slot's run read of another one is compared with what stands in the other's own slot today.
UPSTREAM = """
    SELECT DISTINCT ON (slot.id, subject.code) slot.id, slot.current_run_id, 'upstream', subject.code,
           to_jsonb(used.queued_at::date), to_jsonb(now.queued_at::date)
    FROM analysis_tasks_slot slot
    JOIN analysis_tasks_runsource source ON source.run_id = slot.current_run_id
    JOIN analysis_tasks_analysisrun used ON used.id = source.source_id
    JOIN analysis_tasks_kernelrelease release ON release.id = used.release_id
    JOIN analysis_tasks_slot other ON other.measurement_id = used.measurement_id AND other.kernel = release.name
         AND other.preset = used.preset
    JOIN analysis_tasks_analysisrun now ON now.id = other.current_run_id
    JOIN samples_sample subject ON subject.id = used.subject_id
    WHERE now.id <> used.id AND now.output_sha256 <> source.sha256
"""

VIEW = f"{before.VIEW} UNION ALL {UPSTREAM.join('()')}"


class Migration(migrations.Migration):

    dependencies = [
        ('analysis_tasks', '0005_engine'),
    ]

    operations = [
        migrations.CreateModel(
            name='RunSource',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('order', models.PositiveSmallIntegerField(default=0)),
                ('role', models.CharField(help_text='What the other cell is to this one: own, twin, replicate.', max_length=40)),
                ('sha256', models.CharField(help_text='Of the outputs of the other run.', max_length=64)),
                ('facts', models.JSONField(default=dict, help_text='Frozen: what was known of the other cell and its test.')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='analysis_tasks.analysisrun')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readers', to='analysis_tasks.analysisrun')),
            ],
            options={
                'ordering': ['run', 'order'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('run', 'order'), name='run_source_once')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='runsource',
            trigger=pgtrigger.compiler.Trigger(name='never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='755f6610f88b4f1e4a06b467ef10466c69ba0c0a', operation='UPDATE OR DELETE', pgid='pgtrigger_never_changes_23686', table='analysis_tasks_runsource', when='BEFORE')),
        ),
        migrations.RunSQL(VIEW, before.VIEW),
    ]
