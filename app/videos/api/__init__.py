"""The client of the video API."""
