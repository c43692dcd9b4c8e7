"""Spreadsheets that come back: read safely, checked row by row, applied all or nothing, undone.

`reading` takes the file apart, `kinds` says what rows can be, `checking` tries them, `services` keep and write them.
"""
