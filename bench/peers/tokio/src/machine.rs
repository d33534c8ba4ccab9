use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Binds the calling thread to one processor.
pub fn pin_to(cpu: usize) {
    // SAFETY: a set of processors is plain data, and the kernel only reads it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, std::mem::size_of_val(&set), &set);
    }
}

/// How every contender waits where it must spin: 64 pauses, then the other threads' turn.
#[derive(Default)]
pub struct BackOff {
    count: u32,
}

impl BackOff {
    pub fn wait(&mut self) {
        self.count += 1;
        if self.count < 64 {
            std::hint::spin_loop();
        } else {
            self.count = 0;
            std::thread::yield_now();
        }
    }
}

/// Does nothing for a while without giving up the processor.
pub fn spin_for(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// The wall clock, in nanoseconds.
pub fn wall_ns() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_nanos() as u64)
}
