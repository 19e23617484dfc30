"""`python -m emr.local`: what `make run` calls once the packages are there."""

from emr.local.start import main

if __name__ == "__main__":
    main()
