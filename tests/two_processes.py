"""`vitcourse` in two processes on this machine, as `accelerate launch` starts them."""

import socket

from vitcourse import configuration

TWO = configuration.CONFIGS / "accelerate" / "two_cpu_processes.yaml"


def launcher():
    """Return the arguments of Python that come before a command of `vitcourse`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launch = ("-m", "accelerate.commands.accelerate_cli", "launch")
    return (*launch, "--config_file", str(TWO), "--main_process_port", port, "-m", "vitcourse")
