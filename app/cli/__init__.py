"""The command `media-gen-ids`, one file a command."""
