"""The inspection of scenes: pictures too large for memory, or an area of one."""
