//! What sending costs when nobody reads. A broadcast keeps nothing without a receiver, so there is
//! an idle one.

use crate::measurement::{events_per_second, Outcome};
use crate::workload::{EventSource, CAPACITY};
use std::time::Instant;
use tokio::sync::broadcast;

const EVENTS: u64 = 2_000_000;

pub fn measure() -> Outcome {
    let (sender, mut receiver) = broadcast::channel(CAPACITY as usize);
    let mut source = EventSource::new();
    let begin = Instant::now();
    for _ in 0..EVENTS {
        let _ = sender.send(source.next());
    }
    let took = begin.elapsed();
    let _ = receiver.try_recv(); // tells of the loss, and goes on with the oldest that is kept
    match receiver.try_recv() {
        Ok(event) if event.seq == EVENTS - CAPACITY + 1 => Ok(events_per_second(EVENTS, took)),
        _ => Err("the history is not what was sent last".to_string()),
    }
}
