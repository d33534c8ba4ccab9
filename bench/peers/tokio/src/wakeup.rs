//! How long a sleeping reader's thread takes to see an event.

use crate::machine::{pin_to, spin_for, wall_ns};
use crate::measurement::{percentiles, Outcome};
use crate::streams::current_thread;
use crate::workload::{Event, EventSource, Tally, CAPACITY};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;

const PAUSE: Duration = Duration::from_micros(200); // long enough to fall asleep
const EVENTS: u64 = 3_000;

pub fn measure() -> Outcome {
    let (sender, mut receiver) = broadcast::channel::<Arc<Event>>(CAPACITY as usize);
    let mut source = EventSource::new();
    pin_to(0);
    let reader = std::thread::spawn(move || -> Result<Vec<u64>, String> {
        pin_to(1);
        let mut tally = Tally::default();
        let mut latencies = Vec::with_capacity(EVENTS as usize);
        current_thread()?.block_on(async {
            while let Ok(event) = receiver.recv().await {
                latencies.push(wall_ns().saturating_sub(event.ts));
                tally.count(&event);
            }
        });
        tally.require(EVENTS)?;
        Ok(latencies)
    });
    for _ in 0..EVENTS {
        spin_for(PAUSE);
        let _ = sender.send(source.next());
    }
    drop(sender);
    let latencies = reader
        .join()
        .map_err(|_| "the reader's thread died".to_string())??;
    Ok(percentiles(latencies))
}
