"""Question-answering sets made from labelled overhead imagery, and sets made by others."""
