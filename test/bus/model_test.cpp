// B1-B8, B13 together: random programs on one thread against a small reference bus. Shrunk when
// they fail. Run again what failed with the line that is printed then:
// RC_PARAMS="reproduce=…" test_bus_model, or others with RC_PARAMS="seed=…".

#include "bus/proof.hpp"
#include "bus/reading.hpp"
#include "bus/reference_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace strandbus {
namespace {

using test::ReferenceBus;

/// Numbers that a Machine reads as commands; the first one also sets up the bus.
using Program = std::vector<std::uint32_t>;

/// Programs of 5 to 60 commands; a failing one is made shorter.
rc::Gen<Program> arbitrary_program() {
  return [](const rc::Random& seed, int) {
    rc::Random random(seed);
    Program program(5 + random.next() % 56);
    for (auto& command : program) command = static_cast<std::uint32_t>(random.next());
    return rc::shrinkable::shrinkRecur(
        std::move(program), [](const Program& failed) { return rc::shrink::removeChunks(failed); });
  };
}

/// Takes one command apart.
class Dice {
 public:
  explicit Dice(std::uint32_t bits) : bits_(bits) {}
  /// 0 … count - 1
  std::uint32_t pick(std::size_t count) {
    const auto picked = static_cast<std::uint32_t>(bits_ % count);
    bits_ /= count;
    return picked;
  }

 private:
  std::uint64_t bits_;
};

/// Does the same to a bus and to the reference, and compares what both say.
class Machine {
 public:
  explicit Machine(std::uint32_t setup) {
    Dice dice(setup);
    options_.history = 1 + dice.pick(9);
    options_.landmarks = dice.pick(7);
    options_.backlog_soft = 4;
    options_.backlog_hard = 4 + dice.pick(12);
    model_.emplace(options_);
    bus_.emplace(io_.get_executor(), options_);
  }

  void step(std::uint32_t command) {
    Dice dice(command);
    switch (dice.pick(16)) {
      case 0: return join_stream(dice);
      case 1: return join_callback(dice);
      case 2: return leave(dice);
      case 3: return with_stream(dice, [this](Stream& stream) { wait(stream); });
      case 4: return settle();
      case 5: return with_stream(dice, [this](Stream& stream) { cancel(stream); });
      case 6:
      case 7: return with_stream(dice, [this](Stream& stream) { read_one(stream); });
      case 8: return with_stream(dice, [&](Stream& stream) { read_batch(stream, dice); });
      case 9: return check();
      case 10: return start_drain();
      case 11: return dice.pick(20) == 0 ? close() : publish(dice);
      default: return publish(dice);
    }
  }

  void finish() {
    for (std::uint32_t i = 0; i < 50; ++i) step(12 + 16 * (i * 2654435761U % 1000));
    close();
    settle();
    for (const auto& stream : streams_) {
      while (!stream->waiting && !stream->model->ending) read_one(*stream);
    }
    settle();
    check();
  }

 private:
  struct Stream {
    EventStream real;
    ReferenceBus::Reader* model = nullptr;
    bool waiting = false;
    bool found = false;  ///< what it waits for, in the model
    std::optional<error_code> completion{};
  };
  struct Callback {
    Subscription real;
    ReferenceBus::Reader* model = nullptr;
    std::vector<Delivery> seen{};
  };
  struct Drain {
    std::uint64_t target;
    bool done;
    std::optional<error_code> completion{};
  };

  template <class F>
  void with_stream(Dice& dice, F f) {
    if (!streams_.empty()) f(*streams_[dice.pick(streams_.size())]);
  }

  void close() {
    bus_->close();
    model_->close();
  }

  void publish(Dice& dice) {
    ReferenceBus::Event event{EventType::token_delta, {}};
    const std::string text = std::to_string(model_->head() + 1) + ",";
    StreamEvent real;
    switch (dice.pick(7)) {
      case 0: event.type = EventType::error, real = StreamEvent(Error{}); break;
      case 1: event.type = EventType::model_started, real = StreamEvent(ModelStarted{}); break;
      case 2: event.type = EventType::model_completed, real = StreamEvent(ModelCompleted{}); break;
      default:
        event.key = std::string(1, static_cast<char>('a' + dice.pick(3)));
        real = StreamEvent(TokenDelta{.text = text, .message_id = event.key});
    }
    const auto seq = bus_->publish(std::move(real));
    if (const auto refusal = model_->publish(event)) {
      RC_ASSERT(seq.has_error());
      RC_ASSERT(seq.error() == *refusal);
      return;
    }
    RC_ASSERT(seq.has_value());
    RC_ASSERT(*seq == model_->head());
    for (const auto& callback : callbacks_) deliver(*callback);
    model_->evict();
  }

  struct Reading {
    Start start;
    std::uint64_t next;
    Overflow overflow;
    Filter filter{};
    std::optional<EventType> wanted{};
  };
  Reading pick_reading(Dice& dice) {
    model_->evict();  // joining does so first
    const std::uint64_t head = model_->head();
    const std::uint64_t number = dice.pick(head + 1);
    Reading reading{Start::now(), head + 1, static_cast<Overflow>(dice.pick(4))};
    switch (dice.pick(4)) {
      case 0: reading.start = Start::oldest(), reading.next = model_->oldest(); break;
      case 1: reading.start = Start::after(number), reading.next = number + 1; break;
      case 2:
        reading.start = Start::last(number), reading.next = model_->first_of_last(number);
        break;
      default: break;
    }
    switch (dice.pick(4)) {
      case 0:
        reading.filter.types({EventType::token_delta});
        reading.wanted = EventType::token_delta;
        break;
      case 1:
        reading.filter.where([](const StreamEvent& event) { return event.is<Error>(); });
        reading.wanted = EventType::error;
        break;
      default: break;
    }
    return reading;
  }

  void join_stream(Dice& dice) {
    const Reading reading = pick_reading(dice);
    Stream& stream = *streams_.emplace_back(std::make_unique<Stream>());
    stream.real = bus_->stream(
        {.from = reading.start, .overflow = reading.overflow, .filter = reading.filter});
    stream.model = model_->join(reading.overflow, reading.wanted, reading.next);
  }

  void join_callback(Dice& dice) {
    const Reading reading = pick_reading(dice);
    auto& callback = *callbacks_.emplace_back(std::make_unique<Callback>());
    callback.model = model_->join(reading.overflow, reading.wanted, reading.next);
    callback.real = bus_->subscribe(
        [&callback](const Delivery& delivery) { callback.seen.push_back(delivery); },
        {.from = reading.start, .overflow = reading.overflow, .filter = reading.filter});
    deliver(callback);
  }

  void deliver(Callback& callback) {
    if (callback.model->next > model_->head())
      return;  // nobody looks: it does not notice the close
    std::size_t count = 0;
    for (; const auto taken = model_->take(*callback.model); ++count) {
      RC_ASSERT(count < callback.seen.size());
      compare(callback.seen[count], *taken);
    }
    RC_ASSERT(count == callback.seen.size());
    callback.seen.clear();
  }

  void leave(Dice& dice) {
    if (dice.pick(2) == 0 && !callbacks_.empty()) {
      const auto gone =
          callbacks_.begin() + static_cast<std::ptrdiff_t>(dice.pick(callbacks_.size()));
      (*gone)->real.unsubscribe();
      model_->leave((*gone)->model);
      callbacks_.erase(gone);
    } else if (!streams_.empty()) {
      const auto gone = streams_.begin() + static_cast<std::ptrdiff_t>(dice.pick(streams_.size()));
      settle();
      Stream& stream = **gone;
      stream.real = EventStream();
      model_->leave(std::exchange(stream.model, nullptr));
      poll();
      if (stream.waiting) RC_ASSERT(stream.completion == asio::error::operation_aborted);
      streams_.erase(gone);
    }
  }

  void wait(Stream& stream) {
    if (stream.waiting) return;
    stream.waiting = true;
    stream.completion.reset();
    stream.real.async_wait([&stream](error_code ec) { stream.completion = ec; });
    RC_ASSERT(!stream.completion);
    stream.found = model_->look(*stream.model);
  }

  void start_drain() {
    Drain& drain = *drains_.emplace_back(
        std::make_unique<Drain>(Drain{model_->head(), model_->gate() > model_->head()}));
    bus_->async_drain([&drain](error_code ec) { drain.completion = ec; });
    RC_ASSERT(!drain.completion);
  }

  void poll() {
    io_.restart();
    io_.poll();
    for (const auto& stream : streams_) {
      if (stream->waiting && !stream->found && stream->model)
        stream->found = model_->look(*stream->model);
    }
    for (const auto& drain : drains_) drain->done |= model_->gate() > drain->target;
  }

  /// Lets everything complete that can.
  void settle() {
    poll();
    for (const auto& stream : streams_) {
      if (!stream->waiting) continue;
      RC_ASSERT(stream->completion.has_value() == stream->found);
      if (!stream->found) continue;
      stream->waiting = false;
      RC_ASSERT(*stream->completion == code_of(*stream->model));
    }
    for (const auto& drain : drains_) {
      RC_ASSERT(drain->completion.has_value() == drain->done);
      RC_ASSERT(drain->completion.value_or(error_code()) == error_code());
    }
    std::erase_if(drains_, [](const auto& drain) { return drain->completion.has_value(); });
  }

  static error_code code_of(const ReferenceBus::Reader& reader) {
    return reader.ending ? make_error_code(*reader.ending) : error_code();
  }

  void cancel(Stream& stream) {
    settle();
    if (!stream.waiting) return;
    stream.real.cancel();
    poll();
    RC_ASSERT(stream.completion == asio::error::operation_aborted);
    stream.waiting = false;
  }

  void read_one(Stream& stream) {
    if (stream.waiting) return;
    const auto real = stream.real.try_next();
    const auto expected = model_->take(*stream.model);
    RC_ASSERT(real.has_value() == expected.has_value());
    if (real) compare(*real, *expected);
    RC_ASSERT(stream.real.error() == code_of(*stream.model));
  }

  void read_batch(Stream& stream, Dice& dice) {
    if (stream.waiting) return;
    const std::uint32_t limit = 1 + dice.pick(8);
    const Batch batch = stream.real.try_batch(limit);
    const auto expected = model_->take_batch(*stream.model, limit);
    RC_ASSERT(batch.size() == expected.size());
    auto taken = expected.begin();
    for (auto at = batch.begin(); at != batch.end(); ++at) compare(batch.delivery(at), *taken++);
  }

  /// What the bus delivered is the event of the reference, and its text that of its parts.
  void compare(const Delivery& real, const ReferenceBus::Taken& expected) {
    RC_ASSERT(real.first_seq() == expected.first);
    RC_ASSERT(real.last_seq() == expected.last);
    RC_ASSERT(real.missed() == expected.missed);
    const EventType type = model_->at(expected.last).type;
    RC_ASSERT(real->type() == (expected.parts.size() > 1 ? EventType::assistant_delta : type));
    if (type != EventType::token_delta) return;
    std::string text;
    for (const std::uint64_t part : expected.parts) text += std::to_string(part) + ",";
    RC_ASSERT(real->message() == text);
  }

  void check() {
    model_->evict();
    const BusStats stats = bus_->stats();
    const auto& landmarks = model_->landmarks();
    RC_ASSERT(stats.published == model_->head());
    RC_ASSERT(stats.kept == model_->head() + 1 - model_->tail());
    RC_ASSERT(stats.landmarks == landmarks.size());
    test::Seqs kept(landmarks.begin(), landmarks.end());
    for (auto seq = model_->tail(); seq <= model_->head(); ++seq) kept.push_back(seq);
    test::Seqs history;
    for (const Delivery& delivery : bus_->history()) history.push_back(delivery->seq());
    RC_ASSERT(history == kept);
    for (const auto& stream : streams_) check(stream->real.stats(), *stream->model);
    for (const auto& callback : callbacks_) check(callback->real.stats(), *callback->model);
  }

  void check(const ReaderStats& real, const ReferenceBus::Reader& model) {
    RC_ASSERT(real.delivered == model.delivered);
    RC_ASSERT(real.merged == model.merged);
    RC_ASSERT(real.filtered == model.filtered);
    RC_ASSERT(real.missed == model.missed);
    RC_ASSERT(real.lag == model.lag(model_->head()));
  }

  asio::io_context io_;
  BusOptions options_;
  std::optional<ReferenceBus> model_;
  std::vector<std::unique_ptr<Drain>> drains_;
  std::optional<EventBus> bus_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
};

void run_any() {
  const Program program = *arbitrary_program();
  Machine machine(program.empty() ? 0 : program.front());
  for (const std::uint32_t command : program) machine.step(command);
  machine.finish();
}

TEST(Model, RandomProgramsDoWhatTheReferenceBusDoes) {
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  if (!std::getenv("RC_PARAMS")) params.seed = 20'261'121;
  params.maxSuccess = static_cast<int>(test::amount(100'000, 20'000, 1'000'000));
  rc::detail::TestMetadata name;
  name.id = "model";
  const auto result = rc::detail::checkTestable(run_any, name, params);
  std::ostringstream said;
  rc::detail::printResultMessage(result, said);
  rc::detail::SuccessResult success;
  EXPECT_TRUE(result.match(success)) << said.str();
  std::cout << params.maxSuccess << " programs, seed " << params.seed << "\n";
}

}  // namespace
}  // namespace strandbus
