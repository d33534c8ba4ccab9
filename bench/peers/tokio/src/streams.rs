//! How many events a second get from a publisher to readers.

use crate::machine::{pin_to, BackOff};
use crate::measurement::{events_per_second, Outcome};
use crate::workload::{Event, EventSource, Gate, Progress, Tally, CAPACITY};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast::{self, error::RecvError, Receiver, Sender};
use tokio::task::yield_now;

type Pointer = Arc<Event>;

async fn read(mut events: Receiver<Pointer>, reader: usize, progress: Arc<Progress>) -> Tally {
    let mut tally = Tally::default();
    loop {
        match events.recv().await {
            Ok(event) => {
                tally.count(&event);
                progress.tell(reader, tally.events());
            }
            Err(RecvError::Lagged(_)) => tally.count_loss(),
            Err(RecvError::Closed) => return tally,
        }
    }
}

/// Runs a task for each receiver to its end.
async fn read_all(
    receivers: Vec<Receiver<Pointer>>,
    progress: Arc<Progress>,
    events: u64,
) -> Result<(), String> {
    let tasks: Vec<_> = receivers
        .into_iter()
        .enumerate()
        .map(|(reader, receiver)| tokio::spawn(read(receiver, reader, progress.clone())))
        .collect();
    for task in tasks {
        task.await
            .map_err(|error| error.to_string())?
            .require(events)?;
    }
    Ok(())
}

fn open(readers: usize) -> (Sender<Pointer>, Vec<Receiver<Pointer>>, Arc<Progress>) {
    let (sender, first) = broadcast::channel(CAPACITY as usize);
    let receivers = (0..readers).map(|_| sender.subscribe()).collect();
    drop(first);
    (sender, receivers, Arc::new(Progress::new(readers)))
}

pub fn current_thread() -> Result<Runtime, String> {
    Builder::new_current_thread()
        .build()
        .map_err(|error| error.to_string())
}

/// A publisher in a thread of its own, and readers in a current-thread runtime on another.
pub struct TwoThreads {
    pub readers: usize,
    pub events: u64,
    pub pinned: bool,
}

impl TwoThreads {
    pub fn measure(&self) -> Outcome {
        let (sender, receivers, progress) = open(self.readers);
        let mut gate = Gate::new(progress.clone());
        let (events, pinned) = (self.events, self.pinned);
        let mut source = EventSource::new();
        if pinned {
            pin_to(0);
        }
        let begin = Instant::now();
        let readers = std::thread::spawn(move || {
            if pinned {
                pin_to(1);
            }
            current_thread()?.block_on(read_all(receivers, progress, events))
        });
        let mut back_off = BackOff::default();
        for sent in 0..events {
            while !gate.is_open(sent) {
                back_off.wait();
            }
            let _ = sender.send(source.next());
        }
        drop(sender);
        readers
            .join()
            .map_err(|_| "a reader's thread died".to_string())??;
        Ok(events_per_second(events, begin.elapsed()))
    }
}

#[derive(Clone, Copy, PartialEq)]
pub enum Yield {
    WhenFull,
    AfterEach,
}

/// The publisher and the readers as tasks of one runtime.
async fn in_runtime(readers: usize, events: u64, yields: Yield) -> Result<Duration, String> {
    let (sender, receivers, progress) = open(readers);
    let mut gate = Gate::new(progress.clone());
    let mut source = EventSource::new();
    let begin = Instant::now();
    let reading = tokio::spawn(read_all(receivers, progress, events));
    for sent in 0..events {
        while !gate.is_open(sent) {
            yield_now().await;
        }
        let _ = sender.send(source.next());
        if yields == Yield::AfterEach {
            yield_now().await;
        }
    }
    drop(sender);
    reading.await.map_err(|error| error.to_string())??;
    Ok(begin.elapsed())
}

fn run_in(runtime: Runtime, readers: usize, events: u64, yields: Yield) -> Outcome {
    let task = runtime.spawn(in_runtime(readers, events, yields));
    let took = runtime
        .block_on(task)
        .map_err(|error| error.to_string())??;
    Ok(events_per_second(events, took))
}

/// A multi-thread runtime with two workers.
pub struct Workers {
    pub readers: usize,
    pub events: u64,
}

impl Workers {
    pub fn measure(&self) -> Outcome {
        let runtime = Builder::new_multi_thread().worker_threads(2).build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        run_in(runtime, self.readers, self.events, Yield::WhenFull)
    }
}

/// A current-thread runtime.
pub struct OneThread {
    pub readers: usize,
    pub events: u64,
    pub yields: Yield,
}

impl OneThread {
    pub fn measure(&self) -> Outcome {
        run_in(current_thread()?, self.readers, self.events, self.yields)
    }
}
