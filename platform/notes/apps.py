"""App configuration of notes."""

from django.apps import AppConfig


class NotesConfig(AppConfig):
    """What people put beside a record: comments and attachments."""

    name = "notes"
    verbose_name = "Notes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells people of runs and readings of theirs that failed."""
        from core.events import reading_failed, run_finished
        from notes.listeners import tell_of_reading, tell_of_run

        run_finished.connect(tell_of_run, dispatch_uid="notes.tell_of_run")
        reading_failed.connect(tell_of_reading, dispatch_uid="notes.tell_of_reading")
