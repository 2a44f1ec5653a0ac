"""`python -m geotamper` is the `geotamper` command."""

from geotamper.cli.main import main

main()
