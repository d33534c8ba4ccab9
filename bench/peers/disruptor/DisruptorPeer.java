import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The LMAX Disruptor, with the protocol of bench/measure/measurement.hpp. Java cannot bind threads to cores. */
public final class DisruptorPeer {
    static final int CAPACITY = 1024;

    static int textLength(long seq) {
        return 3 + (int) (seq % 5);
    }

    /** The event of bench/measure/workload.hpp, one new object each. */
    static final class Event {
        final long seq;
        final long idHigh;
        final long idLow;
        final long ts;
        final String modelId = "gpt-4o-mini";
        final String messageId = "msg_abcdefgh";
        final String text;
        final long span = 0;
        final long parentSpan = 0;
        final int turn = 0;
        final byte type = 1;

        Event(long seq, long idHigh, long idLow, long ts, String text) {
            this.seq = seq;
            this.idHigh = idHigh;
            this.idLow = idLow;
            this.ts = ts;
            this.text = text;
        }
    }

    /** Makes events with id, seq and the clock read for each. The texts are shared. */
    static final class EventSource {
        private static final String[] TEXTS =
                IntStream.range(0, 5).mapToObj(i -> "token token".substring(0, 3 + i)).toArray(String[]::new);
        private long seq;
        private long random = System.nanoTime();
        private long counter;

        private long random() {
            random += 0x9e3779b97f4a7c15L;
            long mixed = (random ^ (random >>> 30)) * 0xbf58476d1ce4e5b9L;
            mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
            return mixed ^ (mixed >>> 31);
        }

        Event next() {
            seq++;
            Instant now = Instant.now();
            long ts = now.getEpochSecond() * 1_000_000_000L + now.getNano();
            counter += (random() >>> 40) + 1;
            return new Event(seq, ts / 1_000_000 << 16 | 0x7000, counter, ts, TEXTS[(int) (seq % 5)]);
        }
    }

    /** A slot of the ring. */
    static final class Slot {
        Event event;
    }

    /** What one subscriber saw: that the events came in order, how many, and a checksum of their texts. */
    static final class Tally implements EventHandler<Slot> {
        private final long expected;
        private final CountDownLatch done;
        private long events;
        private long disorder;
        private long textBytes;

        Tally(long expected, CountDownLatch done) {
            this.expected = expected;
            this.done = done;
        }

        @Override
        public void onEvent(Slot slot, long sequence, boolean endOfBatch) {
            Event event = slot.event;
            if (event.seq != ++events) disorder++;
            textBytes += event.text.length();
            if (events == expected) done.countDown();
        }

        void require() {
            long bytes = LongStream.rangeClosed(1, expected).map(DisruptorPeer::textLength).sum();
            if (events == expected && disorder == 0 && textBytes == bytes) return;
            throw new IllegalStateException("a subscriber saw " + events + " of " + expected + " events, "
                    + disorder + " out of order, " + textBytes + " of " + bytes + " bytes of text");
        }
    }

    /** Publishes that many events to that many readers; how many a second. */
    static double eventsPerSecond(int readers, long events, WaitStrategy waiting) throws InterruptedException {
        Disruptor<Slot> disruptor = new Disruptor<>(Slot::new, CAPACITY, task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        }, ProducerType.SINGLE, waiting);
        CountDownLatch done = new CountDownLatch(readers);
        Tally[] tallies = IntStream.range(0, readers).mapToObj(i -> new Tally(events, done)).toArray(Tally[]::new);
        disruptor.handleEventsWith(tallies);
        RingBuffer<Slot> ring = disruptor.start();
        EventSource source = new EventSource();
        long begin = System.nanoTime();
        for (long i = 0; i < events; i++) {
            Event event = source.next();
            long sequence = ring.next();
            ring.get(sequence).event = event;
            ring.publish(sequence);
        }
        done.await();
        long end = System.nanoTime();
        disruptor.shutdown();
        for (Tally tally : tallies) tally.require();
        return events * 1e9 / (end - begin);
    }

    /** What can be measured: what one contender does in one scenario. */
    record Measurement(String scenario, String contender, int readers, long events, Supplier<WaitStrategy> waiting) {
        double measure() throws InterruptedException {
            eventsPerSecond(readers, events, waiting.get()); // the compiler gets warm
            return eventsPerSecond(readers, events, waiting.get());
        }
    }

    private static final String BLOCKING = "Disruptor new object, blocking";
    private static final String YIELDING = "Disruptor new object, yielding";

    private static final List<Measurement> MEASUREMENTS = List.of(
            new Measurement("P1.pinned", BLOCKING, 1, 2_000_000, BlockingWaitStrategy::new),
            new Measurement("P1.pinned", YIELDING, 1, 2_000_000, YieldingWaitStrategy::new),
            new Measurement("P2", BLOCKING, 4, 1_000_000, BlockingWaitStrategy::new),
            new Measurement("P2", YIELDING, 4, 1_000_000, YieldingWaitStrategy::new));

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length == 0) {
            for (Measurement known : MEASUREMENTS) System.out.println(known.scenario() + "\t" + known.contender());
            return;
        }
        if (arguments.length != 2) {
            System.err.println("usage: disruptor [SCENARIO CONTENDER]");
            System.exit(2);
        }
        for (Measurement known : MEASUREMENTS) {
            if (!known.scenario().equals(arguments[0]) || !known.contender().equals(arguments[1])) continue;
            System.out.println("events_per_second\t" + known.measure());
            return;
        }
        System.err.println("disruptor: there is no '" + arguments[1] + "' in '" + arguments[0] + "'");
        System.exit(2);
    }
}
