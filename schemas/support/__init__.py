"""What every part needs: durable files, hashing, column buffers, TOML, near names, reading in advance."""
