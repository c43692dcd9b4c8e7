"""`manage.py backup` and `restore`: database and files in one archive in which every byte is accounted for."""
