"""What the pixels themselves say: copies, directions, blurred regions."""
