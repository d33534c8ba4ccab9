#include "store/store_probe.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <mutex>
#include <thread>

// What a store promises about threads, completions and lifetimes.

namespace strandbus::detail {
namespace {

/// Notes the thread in which it was called.
struct NoteThread {
  std::thread::id* thread;
  error_code* result;
  void operator()(error_code code) const {
    *thread = std::this_thread::get_id();
    *result = code;
  }
};

void completes_on_the_executor_of_the_handler(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  asio::io_context context;
  std::thread::id thread;
  error_code result = make_error_code(Errc::timed_out);
  writer->async_append(probe_events("s", 1, 1),
                       asio::bind_executor(context, NoteThread{&thread, &result}));
  probe.expect(thread == std::thread::id(), "the handler ran inside async_append");
  context.run();  // work is kept until the handler has run
  probe.expect(thread == std::this_thread::get_id(), "the handler ran elsewhere or not at all");
  probe.expect(!result, "the append failed: " + result.message());
}

void refuses_on_the_executor_of_the_handler(StoreProbe& probe) {
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  asio::io_context context;
  std::thread::id thread;
  error_code result;
  writer->async_append(probe_events("s", 9, 9),
                       asio::bind_executor(context, NoteThread{&thread, &result}));
  probe.expect(thread == std::thread::id(), "the handler ran inside async_append");
  context.run();
  probe.expect(thread == std::this_thread::get_id(), "the handler ran elsewhere or not at all");
  probe.expect_code(result, make_error_code(Errc::seq_unknown), "append 9 as the first");
}

void completes_after_its_writer_is_gone(StoreProbe& probe) {
  const auto store = probe.open();
  std::vector<std::future<error_code>> appends;
  {
    const auto writer = probe.create(*store, "s");
    for (std::uint64_t seq = 1; seq <= 50; ++seq)
      appends.push_back(begin_append(*writer, probe_events("s", seq, seq)));
  }
  for (auto& append : appends) probe.expect(!result_of(append), "an append failed");
  probe.expect_events(*store, "s", 1, 50);
}

void a_session_is_free_when_its_writer_is_gone(StoreProbe& probe) {
  const auto store = probe.open();
  for (std::uint64_t round = 0; round < 20; ++round) {
    const auto writer = round == 0 ? probe.create(*store, "s") : probe.open_session(*store, "s");
    probe.require(writer->last_seq() == round * 3, "what was under way is not counted");
    begin_append(*writer, probe_events("s", round * 3 + 1, round * 3 + 3));
  }
  // The last one may still be under way.
  const auto writer = probe.open_session(*store, "s");
  probe.expect_events(*store, "s", 1, 60);
}

void destroying_the_store_writes_what_it_was_given(StoreProbe& probe) {
  std::vector<std::future<error_code>> appends;
  {
    const auto store = probe.open();
    const auto writer = probe.create(*store, "s");
    for (std::uint64_t seq = 1; seq <= 50; ++seq)
      appends.push_back(begin_append(*writer, probe_events("s", seq, seq)));
  }
  for (auto& append : appends) probe.expect(!result_of(append), "an append failed");
  const auto store = probe.open();
  probe.expect_events(*store, "s", 1, 50);
}

constexpr std::uint64_t events_each = 60;
constexpr std::size_t sessions_each = 4;

void write_some_sessions(EventStore& store, std::size_t thread, std::atomic<int>& failures) {
  std::vector<std::unique_ptr<SessionWriter>> writers;
  for (std::size_t i = 0; i < sessions_each; ++i) {
    auto writer =
        store.create(probe_metadata("s" + std::to_string(thread) + '-' + std::to_string(i)));
    if (!writer) {
      ++failures;
      return;
    }
    writers.push_back(*std::move(writer));
  }
  std::vector<std::future<error_code>> appends;
  for (std::uint64_t seq = 1; seq <= events_each; ++seq) {
    for (const auto& writer : writers)
      appends.push_back(begin_append(*writer, probe_events("s", seq, seq)));
  }
  for (auto& append : appends) failures += result_of(append) ? 1 : 0;
}

void takes_sessions_of_several_threads(StoreProbe& probe) {
  const auto store = probe.open();
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] { write_some_sessions(*store, thread, failures); });
  for (std::thread& thread : threads) thread.join();
  probe.expect(failures == 0, std::to_string(failures) + " appends failed");
  const auto sessions = probe.value(store->list(100), "list");
  probe.expect(sessions.size() == 4 * sessions_each, "not all sessions are listed");
  for (const SessionSummary& session : sessions)
    probe.expect_events(*store, session.metadata.session_id, 1, events_each);
}

void readers_see_a_beginning_without_holes(StoreProbe& probe) {
  constexpr std::uint64_t last = 400;
  const auto store = probe.open();
  const auto writer = probe.create(*store, "s");
  std::thread writing([&] {
    std::vector<std::future<error_code>> appends;
    for (std::uint64_t seq = 1; seq <= last; ++seq)
      appends.push_back(begin_append(*writer, probe_events("s", seq, seq)));
    for (auto& append : appends) result_of(append);
  });
  bool kept = true;
  std::uint64_t seen = 0;
  while (kept && seen < last && !store->failure()) {
    const std::uint64_t durable = writer->last_seq();
    const auto events = store->read("s", 0, last);
    kept = events && events->size() >= durable && events->size() >= seen;
    for (std::size_t i = 0; kept && i < events->size(); ++i) kept = (*events)[i].seq == i + 1;
    if (kept) seen = events->size();
  }
  writing.join();
  probe.expect(kept, "a reader has missed a durable event, or seen a hole");
}

void only_one_of_many_gets_a_session(StoreProbe& probe) {
  const auto store = probe.open();
  const auto other = probe.open();
  probe.create(*store, "s");
  std::mutex mutex;
  std::vector<std::unique_ptr<SessionWriter>> writers;
  std::vector<std::thread> threads;
  for (EventStore* of : {store.get(), other.get(), store.get(), other.get()}) {
    threads.emplace_back([&, of] {
      auto writer = of->open("s");
      const std::lock_guard lock(mutex);
      if (writer) writers.push_back(*std::move(writer));
    });
  }
  for (std::thread& thread : threads) thread.join();
  probe.expect(writers.size() == 1, std::to_string(writers.size()) + " have it at the same time");
}

}  // namespace

void add_thread_checks(std::vector<StoreCheck>& checks) {
  checks.push_back(
      store_check("CompletesOnTheExecutorOfTheHandler", completes_on_the_executor_of_the_handler));
  checks.push_back(
      store_check("RefusesOnTheExecutorOfTheHandler", refuses_on_the_executor_of_the_handler));
  checks.push_back(
      store_check("CompletesAfterItsWriterIsGone", completes_after_its_writer_is_gone));
  checks.push_back(
      store_check("ASessionIsFreeWhenItsWriterIsGone", a_session_is_free_when_its_writer_is_gone));
  checks.push_back(store_check("DestroyingTheStoreWritesWhatItWasGiven",
                               destroying_the_store_writes_what_it_was_given));
  checks.push_back(store_check("TakesSessionsOfSeveralThreads", takes_sessions_of_several_threads));
  checks.push_back(
      store_check("ReadersSeeABeginningWithoutHoles", readers_see_a_beginning_without_holes));
  checks.push_back(store_check("OnlyOneOfManyGetsASession", only_one_of_many_gets_a_session));
}

}  // namespace strandbus::detail
