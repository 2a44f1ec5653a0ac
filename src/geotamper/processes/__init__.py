"""Work in several processes: of this machine or of a Ray cluster."""

from geotamper.processes.cores import usable_cores
from geotamper.processes.engines import Engine, EngineName, engine_name, in_order, open_engine
from geotamper.processes.following import follow_parent, starting_processes

__all__ = [
    "Engine",
    "EngineName",
    "engine_name",
    "follow_parent",
    "in_order",
    "open_engine",
    "starting_processes",
    "usable_cores",
]
