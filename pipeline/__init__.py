"""How a drop moves: one module a stage, the runner that lists the stages in order, outputs, the command line."""
