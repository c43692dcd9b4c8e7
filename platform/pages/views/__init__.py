"""One module per kind of page: fetch what the person may see, call a service or a selector, show."""
