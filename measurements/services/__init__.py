"""Every write on files, measurements and what readers make of them."""

from measurements.services.files import Received, receive_file
from measurements.services.measurements import Conditions, change_measurement, create_measurement
from measurements.services.readings import perform_reading, request_reading

__all__ = [
    "Conditions",
    "Received",
    "change_measurement",
    "create_measurement",
    "perform_reading",
    "receive_file",
    "request_reading",
]
