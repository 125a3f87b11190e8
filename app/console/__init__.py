"""What a person or a program reads. The only folder that prints."""
