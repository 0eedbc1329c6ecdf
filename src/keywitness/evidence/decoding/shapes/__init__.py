"""One module per family of log records: recognise it, turn it into rows."""
