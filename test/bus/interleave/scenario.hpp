#pragma once

#include "bus/interleave/counted_context.hpp"
#include "bus/interleave/explorer.hpp"
#include "bus/reading.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

// What the scenarios have in common.

namespace strandbus::interleave {

template <class Actual, class Expected>
void expect_equal(const Actual& actual, const Expected& expected, std::string_view what) {
  if (actual == expected) return;
  expect(false, std::string(what) + ": " + testing::PrintToString(actual) + ", expected " +
                    testing::PrintToString(expected));
}

/// An object of which one can see whether it still exists.
class Live {
 public:
  /// To be captured by a handler.
  std::shared_ptr<const int> token() { return std::exchange(token_, nullptr); }
  bool gone() const { return !token_ && watch_.expired(); }

 private:
  std::shared_ptr<const int> token_ = std::make_shared<const int>(0);
  std::weak_ptr<const int> watch_ = token_;
};

/// Whether the events of a scenario still exist: each holds the same run context.
class LiveEvents {
 public:
  StreamEvent make(std::string text) const {
    StreamEvent event(make_token(std::move(text)));
    event.set_context(context_);
    return event;
  }
  /// No more are made; true when none exists any more.
  bool gone() {
    const std::weak_ptr<const RunContext> watch = context_;
    context_.reset();
    return watch.expired();
  }

 private:
  std::shared_ptr<const RunContext> context_ = std::make_shared<const RunContext>();
};

/// Reads a stream as a coroutine does: waits, takes what there is, waits again, to the end.
class ReadingLoop {
 public:
  explicit ReadingLoop(EventStream stream) : stream_(std::move(stream)) {}
  ReadingLoop(const ReadingLoop&) = delete;
  ReadingLoop& operator=(const ReadingLoop&) = delete;
  ~ReadingLoop() = default;

  void start() {
    stream_.async_wait([this](error_code ec) {
      if (ec) {
        end_ = ec;
      } else {
        expect(take() > 0, "a wait has ended and there is nothing to read");
        start();
      }
    });
  }

  /// Takes what there is; how many events.
  std::size_t take() {
    const std::size_t before = seqs_.size();
    while (const auto delivery = stream_.try_next()) note(*delivery);
    return seqs_.size() - before;
  }

  void run(CountedContext& io, std::size_t count) {
    start();
    io.run_until([&] { return seqs_.size() >= count; });
  }
  void run_to_end(CountedContext& io) {
    start();
    io.run_until([&] { return ended(); });
  }

  bool ended() const { return end_.has_value(); }
  error_code end() const { return end_.value_or(error_code()); }
  const test::Seqs& seqs() const { return seqs_; }
  std::uint64_t missed() const { return missed_; }
  EventStream& stream() { return stream_; }

  /// By B2: all that was published since the reader's start is accounted for, and what its
  /// deliveries say is what its statistics say.
  void expect_account(std::uint64_t published) const {
    const ReaderStats stats = stream_.stats();
    expect_equal(test::accounted(stats), published, "events accounted for");
    expect_equal(stats.delivered, seqs_.size(), "events delivered");
    if (stats.lag == 0) expect(stats.missed >= missed_, "more was told as missed than counted");
  }

 private:
  void note(const Delivery& delivery) {
    expect(seqs_.empty() || delivery->seq() > seqs_.back(), "the seq does not grow");
    missed_ += delivery.missed();
    seqs_.push_back(delivery->seq());
  }

  EventStream stream_;
  test::Seqs seqs_;
  std::uint64_t missed_ = 0;
  std::optional<error_code> end_;
};

/// A publisher of so many tokens.
inline Task publishing(EventBus& bus, int count, std::string_view name = "publisher") {
  return {name, [&bus, count] { test::publish_tokens(bus, count); }};
}

}  // namespace strandbus::interleave
