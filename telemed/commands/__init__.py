"""The commands of `telemed`, one a module: configure(parser) names its arguments, run(arguments) returns the status."""
