"""`python -m grader`: the command without its entry point, as in a site's container."""

import sys

from grader.cli import main

sys.exit(main())
