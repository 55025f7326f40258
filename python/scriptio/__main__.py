"""`python -m scriptio` is the command `scriptio`."""

import sys

from scriptio.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
