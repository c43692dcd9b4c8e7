"""Every write on files, measurements and what readers make of them."""

from measurements.services.files import Received, attach_file, receive_file
from measurements.services.measurements import Conditions, change_measurement, create_measurement
from measurements.services.readings import cancel_reading, perform_reading, request_reading, retry_reading

__all__ = [
    "Conditions",
    "Received",
    "attach_file",
    "cancel_reading",
    "change_measurement",
    "create_measurement",
    "perform_reading",
    "receive_file",
    "request_reading",
    "retry_reading",
]
