"""What a set consists of: counts, plots, and a sheet of its pictures."""

from geotamper.sets.stats.counting import STATS_SCHEMA, SetStatistics, collect_statistics
from geotamper.sets.stats.figures import write_figures
from geotamper.sets.stats.sheet import choose_pictures, draw_sheet
from geotamper.sets.stats.telling import statistics_text

__all__ = [
    "STATS_SCHEMA",
    "SetStatistics",
    "choose_pictures",
    "collect_statistics",
    "draw_sheet",
    "statistics_text",
    "write_figures",
]
