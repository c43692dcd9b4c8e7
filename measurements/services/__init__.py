"""Every write on files, measurements and what readers make of them."""

from measurements.services.files import Conditions, Received, create_measurement, receive_file
from measurements.services.readings import perform_reading, request_reading

__all__ = ["Conditions", "Received", "create_measurement", "perform_reading", "receive_file", "request_reading"]
