"""`make bench`: every benchmark, or those that are named. A figure that misses its target is printed, not failed."""

import asyncio
import sys

from bench.comparisons import comparisons
from bench.failover import failovers
from bench.formats import formats
from bench.gate import checks
from bench.house_load import house_load
from bench.kafka import on_a_cluster
from bench.over_http import reads, registrations
from bench.serde import serializers
from bench.start import starts

BENCHMARKS = {
    "reads": ("Reads, as requests per second of the server's CPU", reads),
    "registrations": ("Registrations on the embedded log", registrations),
    "starts": ("Process start to the first good answer", starts),
    "comparisons": ("Comparisons", comparisons),
    "kafka": ("A cluster on Kafka", on_a_cluster),
    "formats": ("Formats: registering and comparing over HTTP, in milliseconds", formats),
    "failover": ("Fail-over of three nodes on three brokers", failovers),
    "serde": ("Serializers, against confluent-kafka's and the bare codec", serializers),
    "gate": ("The gate in a large repository", checks),
    "load": ("The load of the house (registry_load.py)", house_load),
}


def main() -> int:
    unknown = set(sys.argv[1:]) - BENCHMARKS.keys()
    if unknown:
        print(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
        return 2
    for name in sys.argv[1:] or BENCHMARKS:
        title, run = BENCHMARKS[name]
        print(f"{title}:", flush=True)
        for row in asyncio.run(run()):
            print(row, flush=True)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
