"""Pictures, masks and outlines in and out, and the geometry of resampling them."""
