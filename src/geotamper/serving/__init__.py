"""The service: inspections over REST, and the web page that uses it."""
