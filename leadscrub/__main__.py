"""``python -m leadscrub`` is the command ``leadscrub``."""

from pipeline.cli.entry import main

if __name__ == "__main__":
    main()
