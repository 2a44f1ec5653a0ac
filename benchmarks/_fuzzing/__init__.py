"""What `fuzz.py` is made of: cases, their mutations, and processes that may die of them."""
