"""What a region shows: one of the seven object classes, or something else."""
