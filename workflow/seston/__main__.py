"""`python -m seston <stage>`."""

from seston.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
