"""What a forger does: choosing an object, copying or blurring it, and degrading the result."""
