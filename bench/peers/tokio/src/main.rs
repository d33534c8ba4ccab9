//! tokio::sync::broadcast, with the protocol of bench/measure/measurement.hpp.

mod machine;
mod measurement;
mod publishing;
mod streams;
mod wakeup;
mod workload;

use measurement::{run_measurements, Measurement};
use streams::{OneThread, TwoThreads, Workers, Yield};

const THREAD: &str = "tokio current-thread";
const WORKERS: &str = "tokio multi-thread";

fn measurements() -> Vec<Measurement> {
    let threads = |scenario, readers, events, pinned| {
        Measurement::new(scenario, THREAD, move || {
            TwoThreads {
                readers,
                events,
                pinned,
            }
            .measure()
        })
    };
    let workers = |scenario, readers, events| {
        Measurement::new(scenario, WORKERS, move || {
            Workers { readers, events }.measure()
        })
    };
    let one_thread = |scenario, readers, events, yields| {
        Measurement::new(scenario, THREAD, move || {
            OneThread {
                readers,
                events,
                yields,
            }
            .measure()
        })
    };
    vec![
        threads("P1.pinned", 1, 1_000_000, true),
        threads("P1.free", 1, 1_000_000, false),
        workers("P1.free", 1, 1_000_000),
        threads("P2", 4, 600_000, false),
        workers("P2", 4, 600_000),
        threads("P3", 64, 50_000, false),
        workers("P3", 64, 50_000),
        threads("P4", 1000, 8_000, false),
        workers("P4", 1000, 8_000),
        one_thread("P5.burst.1", 1, 2_000_000, Yield::WhenFull),
        one_thread("P5.burst.4", 4, 1_000_000, Yield::WhenFull),
        one_thread("P5.yield.1", 1, 1_500_000, Yield::AfterEach),
        one_thread("P5.yield.4", 4, 600_000, Yield::AfterEach),
        Measurement::new("P7", THREAD, wakeup::measure),
        Measurement::new("P8", "tokio", publishing::measure),
    ]
}

fn main() {
    std::process::exit(run_measurements(&measurements()));
}
