"""App configuration of analysis_tasks."""

from django.apps import AppConfig


class AnalysisTasksConfig(AppConfig):
    """Kernels, their releases, the runs that executed them and the results they gave."""

    name = "analysis_tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Analyses every dataset as soon as it is there."""
        from core.events import dataset_ready

        from analysis_tasks.listeners import analyse_dataset

        dataset_ready.connect(analyse_dataset, dispatch_uid="analysis_tasks.analyse_dataset")
