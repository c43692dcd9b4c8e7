"""Commands that run the site."""
