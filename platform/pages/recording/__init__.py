"""Adding and changing records on the pages, for every editor: the admin's own forms, in the pages' clothes.

A rule of a form is written once, in the admin page of its record. Here that page stands on a site of its own, which
asks for no staff membership, draws the fields with the pages' components and leads back to the record's page.
"""

from pages.recording.choosing import OFFERED_KINDS, Chosen, key_of, offered
from pages.recording.forms import KINDS, RecordingForm, form_of

__all__ = ["KINDS", "OFFERED_KINDS", "Chosen", "RecordingForm", "form_of", "key_of", "offered"]
