/// One number that a measurement found, in the unit that its name tells.
pub type Figure = (&'static str, f64);
pub type Outcome = Result<Vec<Figure>, String>;

/// Something that can be measured: what one contender does in one scenario.
pub struct Measurement {
    scenario: &'static str,
    contender: &'static str,
    measure: Box<dyn Fn() -> Outcome>,
}

impl Measurement {
    pub fn new(
        scenario: &'static str,
        contender: &'static str,
        measure: impl Fn() -> Outcome + 'static,
    ) -> Self {
        Measurement {
            scenario,
            contender,
            measure: Box::new(measure),
        }
    }
}

/// Lists the measurements, or does the one that the arguments name; gives the exit code.
pub fn run_measurements(measurements: &[Measurement]) -> i32 {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (scenario, contender) = match arguments.as_slice() {
        [] => {
            for known in measurements {
                println!("{}\t{}", known.scenario, known.contender);
            }
            return 0;
        }
        [scenario, contender] => (scenario, contender),
        _ => {
            eprintln!("usage: tokio [SCENARIO CONTENDER]");
            return 2;
        }
    };
    let found = measurements
        .iter()
        .find(|known| known.scenario == scenario && known.contender == contender);
    match found.map(|known| (known.measure)()) {
        None => {
            eprintln!("tokio: there is no '{contender}' in '{scenario}'");
            2
        }
        Some(Err(error)) => {
            eprintln!("{scenario}, {contender}: {error}");
            1
        }
        Some(Ok(figures)) => {
            for (metric, value) in figures {
                println!("{metric}\t{value}");
            }
            0
        }
    }
}

pub fn events_per_second(events: u64, took: std::time::Duration) -> Vec<Figure> {
    vec![("events_per_second", events as f64 / took.as_secs_f64())]
}

/// The median and the 99th percentile of single times, in nanoseconds.
pub fn percentiles(mut nanoseconds: Vec<u64>) -> Vec<Figure> {
    nanoseconds.sort_unstable();
    let at = |part: f64| nanoseconds[(part * (nanoseconds.len() - 1) as f64) as usize] as f64;
    vec![("p50_nanoseconds", at(0.5)), ("p99_nanoseconds", at(0.99))]
}
