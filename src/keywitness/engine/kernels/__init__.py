"""What no SQL can say exactly: functions over Arrow columns that an engine registers when a query calls them."""
