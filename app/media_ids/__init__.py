"""Where the media generation id stands in an answer of the video API."""
