"""Where a picture may have been tampered with, pixel by pixel: a small network on picture and matching evidence."""
