"""Pages of documents, spreadsheets and labels."""
