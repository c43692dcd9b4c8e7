"""App configuration of analysis_tasks."""

from django.apps import AppConfig


class AnalysisTasksConfig(AppConfig):
    """Kernels, their releases, the runs that executed them and the results they gave."""

    name = "analysis_tasks"
    verbose_name = "Results"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Analyses every dataset as soon as it is there, and again when a value that was read changes."""
        from analysis_tasks.listeners import analyse_dataset, compare_with_others, rerun_what_read
        from core.events import dataset_ready, record_changed, run_finished

        dataset_ready.connect(analyse_dataset, dispatch_uid="analysis_tasks.analyse_dataset")
        record_changed.connect(rerun_what_read, dispatch_uid="analysis_tasks.rerun_what_read")
        run_finished.connect(compare_with_others, dispatch_uid="analysis_tasks.compare_with_others")
