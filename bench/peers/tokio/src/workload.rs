//! The events of bench/measure/workload.hpp: as large, as fully stamped, without more allocations.
#![allow(dead_code)] // an event is built whole, though its readers look at little of it

use crate::machine::wall_ns;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

pub const CAPACITY: u64 = 1024;

/// A short text that needs no allocation, as in std::string.
#[derive(Clone, Copy)]
pub struct Text {
    length: u64,
    bytes: [u8; 24],
}

impl Text {
    fn new(text: &[u8]) -> Self {
        let mut bytes = [0; 24];
        bytes[..text.len()].copy_from_slice(text);
        Text {
            length: text.len() as u64,
            bytes,
        }
    }
}

/// What all events of a session share.
pub struct Context {
    pub agent: Text,
    pub model_id: Text,
}

pub struct Event {
    pub seq: u64,
    pub id: (u64, u64),
    pub ts: u64,
    pub context: Arc<Context>,
    pub spans: (u64, u64),
    pub turn: i32,
    pub kind: u8,
    pub text: Text,
    pub message_id: Text,
}

fn text_length(seq: u64) -> u64 {
    3 + seq % 5
}

/// UUIDs of version 7 that grow: milliseconds, and a random number that is advanced at random.
struct Ids {
    random: u64,
    milliseconds: u64,
    counter: u64,
}

impl Ids {
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn next(&mut self, now: u64) -> (u64, u64) {
        let milliseconds = now / 1_000_000;
        let step = self.random();
        if milliseconds > self.milliseconds {
            self.milliseconds = milliseconds;
            self.counter = step >> 4;
        } else {
            self.counter += (step >> 40) + 1;
        }
        (self.milliseconds << 16 | 0x7000, 1 << 63 | self.counter)
    }
}

/// Makes events with id, seq and the clock read for each, in one allocation.
pub struct EventSource {
    seq: u64,
    context: Arc<Context>,
    ids: Ids,
}

impl EventSource {
    pub fn new() -> Self {
        let context = Context {
            agent: Text::new(b"bench"),
            model_id: Text::new(b"gpt-4o-mini"),
        };
        let ids = Ids {
            random: wall_ns(),
            milliseconds: 0,
            counter: 0,
        };
        EventSource {
            seq: 0,
            context: Arc::new(context),
            ids,
        }
    }

    /// The next event, from seq 1 on.
    pub fn next(&mut self) -> Arc<Event> {
        self.seq += 1;
        let now = wall_ns();
        Arc::new(Event {
            seq: self.seq,
            id: self.ids.next(now),
            ts: now,
            context: self.context.clone(),
            spans: (0, 0),
            turn: 0,
            kind: 1,
            text: Text::new(&b"token token"[..text_length(self.seq) as usize]),
            message_id: Text::new(b"msg_abcdefgh"),
        })
    }
}

/// What one subscriber saw: that the events came in order, how many, and a checksum of their texts.
#[derive(Default)]
pub struct Tally {
    events: u64,
    disorder: u64,
    text_bytes: u64,
}

impl Tally {
    pub fn count(&mut self, event: &Event) {
        self.events += 1;
        self.disorder += u64::from(event.seq != self.events);
        self.text_bytes += event.text.length;
    }

    pub fn count_loss(&mut self) {
        self.disorder += 1;
    }

    pub fn events(&self) -> u64 {
        self.events
    }

    /// An error if this was not each of the events 1 … `expected` once and in order.
    pub fn require(&self, expected: u64) -> Result<(), String> {
        let bytes: u64 = (1..=expected).map(text_length).sum();
        if self.events == expected && self.disorder == 0 && self.text_bytes == bytes {
            return Ok(());
        }
        Err(format!(
            "a subscriber saw {} of {expected} events, {} out of order, {} of {bytes} bytes of text",
            self.events, self.disorder, self.text_bytes
        ))
    }
}

/// A broadcast overwrites. For nothing to be lost, each reader tells how far it is, and the
/// publisher waits for the slowest.
pub struct Progress {
    read: Vec<Line>,
}

#[repr(align(128))]
struct Line(AtomicU64);

impl Progress {
    pub fn new(readers: usize) -> Self {
        Progress {
            read: (0..readers).map(|_| Line(AtomicU64::new(0))).collect(),
        }
    }

    pub fn tell(&self, reader: usize, events: u64) {
        if events % 64 == 0 {
            self.read[reader].0.store(events, Ordering::Release);
        }
    }

    fn slowest(&self) -> u64 {
        self.read
            .iter()
            .map(|line| line.0.load(Ordering::Acquire))
            .min()
            .unwrap_or(0)
    }
}

/// What the publisher knows of the readers' progress; asks again only when the ring looks full.
pub struct Gate {
    progress: Arc<Progress>,
    slowest: u64,
}

impl Gate {
    pub fn new(progress: Arc<Progress>) -> Self {
        Gate {
            progress,
            slowest: 0,
        }
    }

    /// Whether an event can follow the `sent` ones without overwriting one that is still needed.
    pub fn is_open(&mut self, sent: u64) -> bool {
        if sent - self.slowest >= CAPACITY {
            self.slowest = self.progress.slowest();
        }
        sent - self.slowest < CAPACITY
    }
}
