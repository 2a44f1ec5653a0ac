"""What the benchmark scripts share. Importable because Python puts a script's own folder on the path."""
