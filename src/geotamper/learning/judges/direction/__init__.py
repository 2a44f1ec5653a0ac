"""Which of two alike regions is the copy: coefficients fitted on copies whose direction is known."""
