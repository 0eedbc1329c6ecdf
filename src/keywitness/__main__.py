"""`python -m keywitness` is `keywitness`."""

from keywitness.cli.main import main

if __name__ == "__main__":
    main()
