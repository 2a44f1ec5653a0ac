"""What networks are trained on: questions by picture, decoded pictures, batches."""
