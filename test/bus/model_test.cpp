// B1-B4, B6-B8, B13 together: random programs on one thread against a small model of the bus.
// Run again with a seed: STRANDBUS_TEST_SEED=123 test_bus --gtest_filter='Model.*'

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>

namespace strandbus {
namespace {

enum class Ending { none, closed, lagged };

/// What a bus must do, in the plainest way: all events ever published are kept, and numbers say
/// what a real bus would still have.
class ModelBus {
 public:
  struct Reader {
    Overflow overflow;
    std::optional<EventType> wanted;  ///< everything if empty
    std::uint64_t next;
    std::uint64_t untold = 0;
    std::uint64_t delivered = 0, filtered = 0, missed = 0;
    bool found = false;
    Ending ending = Ending::none;
  };
  struct Taken {
    std::uint64_t seq;
    std::uint64_t missed;
    friend bool operator==(const Taken&, const Taken&) = default;
  };

  ModelBus(std::uint64_t history, std::uint64_t hard) : history_(history), hard_(hard) {}

  std::optional<Errc> publish(EventType type) {
    if (closed_) return Errc::closed;
    const bool ends = type == EventType::model_completed && open_models_ > 0;
    if (!ends && head() + 1 >= gate() + hard_) return Errc::backlog_full;
    if (type == EventType::model_started) ++open_models_;
    if (type == EventType::model_completed && open_models_ > 0) --open_models_;
    types_.push_back(type);
    evict();
    return std::nullopt;
  }

  Reader* join(Overflow overflow, std::optional<EventType> wanted, std::uint64_t next) {
    evict();
    readers_.push_back(std::make_unique<Reader>(Reader{overflow, wanted, next}));
    return readers_.back().get();
  }
  void leave(Reader* reader) {
    const bool blocked = reader->overflow == Overflow::block;
    std::erase_if(readers_, [&](const auto& known) { return known.get() == reader; });
    if (blocked) evict();
  }
  void close() { closed_ = true; }

  /// Looks for the next event that the reader wants; true if there is one or none will ever be.
  bool look(Reader& reader) {
    for (;;) {
      if (reader.ending != Ending::none || reader.found) return true;
      if (reader.next > head()) {
        if (closed_) reader.ending = Ending::closed;
        return closed_;
      }
      if (reader.next < tail_) {
        if (reader.overflow == Overflow::disconnect) {
          reader.ending = Ending::lagged;
          return true;
        }
        reader.missed += tail_ - reader.next;
        reader.untold += tail_ - reader.next;
        reader.next = tail_;
      }
      reader.found = !reader.wanted || types_[reader.next - 1] == *reader.wanted;
      if (reader.found) return true;
      ++reader.filtered;
      ++reader.next;
    }
  }
  std::optional<Taken> take(Reader& reader) {
    if (!look(reader) || reader.ending != Ending::none) return std::nullopt;
    reader.found = false;
    ++reader.delivered;
    return Taken{reader.next++, std::exchange(reader.untold, 0)};
  }

  /// The first event that the reader wants, and those that stand behind it in the same segment, be
  /// they still kept or not.
  std::vector<Taken> take_batch(Reader& reader, std::uint64_t limit) {
    std::vector<Taken> batch;
    const auto first = take(reader);
    if (!first) return batch;
    batch.push_back(*first);
    const std::uint64_t end = std::min(head(), (first->seq + 63) / 64 * 64);
    for (; reader.next <= end && batch.size() < limit; ++reader.next) {
      const bool wanted = !reader.wanted || types_[reader.next - 1] == *reader.wanted;
      ++(wanted ? reader.delivered : reader.filtered);
      if (wanted) batch.push_back({reader.next, 0});
    }
    return batch;
  }

  void evict() {
    if (head() >= history_) tail_ = std::max(tail_, std::min(gate(), head() + 1 - history_));
  }
  std::uint64_t head() const { return types_.size(); }
  std::uint64_t tail() const { return tail_; }
  bool closed() const { return closed_; }

 private:
  /// The first event that some blocking reader has not read; if there is none, far away.
  std::uint64_t gate() const {
    std::uint64_t gate = std::uint64_t{1} << 60U;
    for (const auto& reader : readers_) {
      if (reader->overflow == Overflow::block) gate = std::min(gate, reader->next);
    }
    return gate;
  }

  const std::uint64_t history_;
  const std::uint64_t hard_;
  std::uint64_t tail_ = 1;
  std::uint64_t open_models_ = 0;
  bool closed_ = false;
  std::vector<EventType> types_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

/// One random program, run on a bus and on the model.
class Program {
 public:
  explicit Program(std::uint64_t seed) : random_(seed) {
    options_.history = pick(1, 9);
    options_.backlog_soft = 4;
    options_.backlog_hard = pick(4, 16);
    model_.emplace(options_.history, options_.backlog_hard);
    bus_.emplace(io_.get_executor(), options_);
  }

  void run() {
    const std::uint64_t steps = pick(5, 60);
    for (std::uint64_t i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    for (std::uint64_t i = 0; i < 50 && !testing::Test::HasFailure(); ++i) publish();
    bus_->close();
    model_->close();
    settle();
    for (const auto& stream : streams_) read_all(*stream);
    check();
  }

 private:
  struct Stream {
    EventStream real;
    ModelBus::Reader* model = nullptr;
    bool waiting = false;
    std::optional<error_code> completion{};
  };
  struct Callback {
    Subscription real;
    ModelBus::Reader* model = nullptr;
    std::vector<ModelBus::Taken> seen{};
    std::vector<ModelBus::Taken> expected{};
  };

  std::uint64_t pick(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random_);
  }

  void step() {
    switch (pick(0, 12)) {
      case 0: join_stream(); break;
      case 1: join_callback(); break;
      case 2: leave(); break;
      case 3: with_stream([this](Stream& stream) { wait(stream); }); break;
      case 4: settle(); break;
      case 5: with_stream([this](Stream& stream) { cancel(stream); }); break;
      case 6: with_stream([this](Stream& stream) { read_one(stream); }); break;
      case 7: with_stream([this](Stream& stream) { read_batch(stream); }); break;
      case 8: check(); break;
      case 9:
        if (pick(0, 20) == 0) {
          bus_->close();
          model_->close();
        }
        break;
      default: publish(); break;
    }
  }

  template <class F>
  void with_stream(F f) {
    if (!streams_.empty()) f(*streams_[pick(0, streams_.size() - 1)]);
  }

  Overflow pick_overflow() { return static_cast<Overflow>(pick(0, 2)); }

  std::pair<Filter, std::optional<EventType>> pick_filter() {
    switch (pick(0, 3)) {
      case 0: return {Filter().types({EventType::token_delta}), EventType::token_delta};
      case 1:
        return {Filter().where([](const StreamEvent& event) { return event.is<Error>(); }),
                EventType::error};
      default: return {Filter(), std::nullopt};
    }
  }

  /// A start, and the seq with which it begins.
  std::pair<Start, std::uint64_t> pick_start() {
    model_->evict();  // joining does so first
    const std::uint64_t head = model_->head();
    const std::uint64_t number = pick(0, head);
    switch (pick(0, 3)) {
      case 0: return {Start::oldest(), model_->tail()};
      case 1: return {Start::after(number), number + 1};
      case 2: return {Start::last(number), std::max(model_->tail(), head + 1 - number)};
      default: return {Start::now(), head + 1};
    }
  }

  void publish() {
    const auto [event, type] = [&]() -> std::pair<StreamEvent, EventType> {
      switch (pick(0, 5)) {
        case 0: return {StreamEvent(Error{}), EventType::error};
        case 1: return {StreamEvent(ModelStarted{}), EventType::model_started};
        case 2: return {StreamEvent(ModelCompleted{}), EventType::model_completed};
        default: return {StreamEvent(make_token("t")), EventType::token_delta};
      }
    }();
    const auto real = bus_->publish(event);
    const auto refusal = model_->publish(type);
    if (refusal) {
      EXPECT_EQ(real.error(), *refusal);
    } else {
      ASSERT_TRUE(real.has_value());
      EXPECT_EQ(*real, model_->head());
      for (const auto& callback : callbacks_) deliver(*callback);
    }
  }

  void join_stream() {
    const auto [start, next] = pick_start();
    const Overflow overflow = pick_overflow();
    const auto [filter, wanted] = pick_filter();
    Stream& stream = *streams_.emplace_back(std::make_unique<Stream>());
    stream.real = bus_->stream({.from = start, .overflow = overflow, .filter = filter});
    stream.model = model_->join(overflow, wanted, next);
  }

  void join_callback() {
    const auto [start, next] = pick_start();
    const Overflow overflow = pick_overflow();
    const auto [filter, wanted] = pick_filter();
    auto& callback = *callbacks_.emplace_back(std::make_unique<Callback>());
    callback.real = bus_->subscribe(
        [&callback](const Delivery& delivery) {
          callback.seen.push_back({delivery->seq(), delivery.missed()});
        },
        {.from = start, .overflow = overflow, .filter = filter});
    callback.model = model_->join(overflow, wanted, next);
    deliver(callback);
  }

  void deliver(Callback& callback) {
    if (callback.model->next > model_->head())
      return;  // nobody looks: it does not notice the close
    while (const auto taken = model_->take(*callback.model)) callback.expected.push_back(*taken);
    EXPECT_EQ(callback.seen, callback.expected);
  }

  void leave() {
    if (pick(0, 1) == 0 && !callbacks_.empty()) {
      const auto gone =
          callbacks_.begin() + static_cast<std::ptrdiff_t>(pick(0, callbacks_.size() - 1));
      (*gone)->real.unsubscribe();
      model_->leave((*gone)->model);
      callbacks_.erase(gone);
    } else if (!streams_.empty()) {
      const auto gone =
          streams_.begin() + static_cast<std::ptrdiff_t>(pick(0, streams_.size() - 1));
      settle();
      Stream& stream = **gone;
      stream.real = EventStream();
      model_->leave(stream.model);
      io_.restart();
      io_.poll();
      if (stream.waiting) {
        EXPECT_EQ(stream.completion, error_code(asio::error::operation_aborted));
      }
      streams_.erase(gone);
    }
  }

  void wait(Stream& stream) {
    if (stream.waiting) return;
    stream.waiting = true;
    stream.completion.reset();
    stream.real.async_wait([&stream](error_code ec) { stream.completion = ec; });
    EXPECT_FALSE(stream.completion);
    model_->look(*stream.model);
  }

  /// Lets everything complete that can.
  void settle() {
    io_.restart();
    io_.poll();
    for (const auto& stream : streams_) {
      if (!stream->waiting) continue;
      const bool over = model_->look(*stream->model);
      ASSERT_EQ(stream->completion.has_value(), over);
      if (!over) continue;
      stream->waiting = false;
      EXPECT_EQ(*stream->completion, code_of(stream->model->ending));
    }
  }

  static error_code code_of(Ending ending) {
    if (ending == Ending::none) return {};
    return make_error_code(ending == Ending::closed ? Errc::closed : Errc::lagged);
  }

  void cancel(Stream& stream) {
    settle();
    if (!stream.waiting) return;
    stream.real.cancel();
    io_.restart();
    io_.poll();
    EXPECT_EQ(stream.completion, error_code(asio::error::operation_aborted));
    stream.waiting = false;
  }

  void read_one(Stream& stream) {
    if (stream.waiting) return;
    const auto real = stream.real.try_next();
    const auto expected = model_->take(*stream.model);
    ASSERT_EQ(real.has_value(), expected.has_value());
    if (real) {
      EXPECT_EQ((ModelBus::Taken{(*real)->seq(), real->missed()}), *expected);
    }
    EXPECT_EQ(stream.real.error(), code_of(stream.model->ending));
  }

  void read_batch(Stream& stream) {
    if (stream.waiting) return;
    const std::uint64_t limit = pick(1, 8);
    const Batch batch = stream.real.try_batch(limit);
    std::vector<ModelBus::Taken> taken;
    for (auto at = batch.begin(); at != batch.end(); ++at)
      taken.push_back({at->seq(), batch.delivery(at).missed()});
    EXPECT_EQ(taken, model_->take_batch(*stream.model, limit));
  }

  void read_all(Stream& stream) {
    while (!stream.waiting && stream.model->ending == Ending::none && !testing::Test::HasFailure())
      read_one(stream);
  }

  void check() {
    model_->evict();
    const BusStats stats = bus_->stats();
    EXPECT_EQ(stats.published, model_->head());
    EXPECT_EQ(stats.kept, model_->head() + 1 - model_->tail());
    const auto kept = bus_->history();
    EXPECT_EQ(kept.size(), stats.kept);
    if (!kept.empty()) {
      EXPECT_EQ(kept.front()->seq(), model_->tail());
    }
    for (const auto& stream : streams_) check(stream->real.stats(), *stream->model);
    for (const auto& callback : callbacks_) check(callback->real.stats(), *callback->model);
  }

  void check(const ReaderStats& real, const ModelBus::Reader& model) {
    EXPECT_EQ(real.delivered, model.delivered);
    EXPECT_EQ(real.filtered, model.filtered);
    EXPECT_EQ(real.missed, model.missed);
    EXPECT_EQ(real.lag, model_->head() + 1 - model.next);
  }

  std::mt19937_64 random_;
  asio::io_context io_;
  BusOptions options_;
  std::optional<ModelBus> model_;
  std::optional<EventBus> bus_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
};

TEST(Model, RandomProgramsDoWhatTheModelDoes) {
  constexpr std::uint64_t programs = 3000;
  const char* chosen = std::getenv("STRANDBUS_TEST_SEED");
  const std::uint64_t first = chosen ? std::stoull(chosen) : 1;
  const std::uint64_t last = chosen ? first : programs;
  for (std::uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
    SCOPED_TRACE("STRANDBUS_TEST_SEED=" + std::to_string(seed));
    Program(seed).run();
  }
}

}  // namespace
}  // namespace strandbus
