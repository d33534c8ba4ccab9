#include "bus/proof.hpp"
#include "store/stored_events.hpp"
#include "strandbus/store/session_directory.hpp"
#include "strandbus/store/sqlite_store.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <map>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

// A child process writes as fast as it can and says what was acknowledged; it is killed at a random
// moment. What it has said must be there afterwards, once, in order and whole.
//
// The child is this program itself, started anew: a copy of a process with threads could not open
// a store.

namespace strandbus::testing {
namespace {

constexpr std::size_t sessions = 5;
constexpr const char* child_flag = "STRANDBUS_CRASH_CHILD";

struct Kind {
  const char* name;
  std::shared_ptr<EventStore> (*open)(const std::string& path);
};

std::shared_ptr<EventStore> open_sqlite(const std::string& path) {
  return SqliteStore::open(path, {}).value();
}
std::shared_ptr<EventStore> open_sqlite_power(const std::string& path) {
  return SqliteStore::open(path, {.durability = StoreDurability::power}).value();
}
std::shared_ptr<EventStore> open_directory(const std::string& path) {
  return SessionDirectory::open(path, {}).value();
}

constexpr Kind kinds[]{
    {"sqlite", open_sqlite}, {"sqlite_power", open_sqlite_power}, {"directory", open_directory}};

std::string session_id(std::size_t index) { return "s" + std::to_string(index); }

/// The text depends on session and seq, so that an event in the wrong place is seen.
StoredEvent crash_event(std::size_t session, std::uint64_t seq) {
  return stored_event(seq, session_id(session) + std::string(40 + seq % 400, 'x'));
}

/// What the child tells: one acknowledged seq. Smaller than PIPE_BUF, so it is told whole.
struct Acknowledged {
  std::uint32_t session;
  std::uint64_t seq;
};

/// Appends to one session for ever, with several appends under way.
class Load {
 public:
  Load(asio::io_context& context, std::unique_ptr<SessionWriter> writer, std::size_t session,
       int out)
      : context_(context),
        writer_(std::move(writer)),
        session_(session),
        out_(out),
        next_(writer_->last_seq() + 1) {}

  void go_on() {
    while (under_way_ < 3) {
      std::vector<StoredEvent> group;
      for (std::uint64_t i = 0; i < 1 + next_ % 3; ++i)
        group.push_back(crash_event(session_, next_ + i));
      next_ += group.size();
      ++under_way_;
      const std::uint64_t last = group.back().seq;
      writer_->async_append(std::move(group),
                            asio::bind_executor(context_, [this, last](error_code error) {
                              if (error) ::_exit(3);
                              tell(last);
                              --under_way_;
                              go_on();
                            }));
    }
  }

 private:
  void tell(std::uint64_t seq) const {
    const Acknowledged told{static_cast<std::uint32_t>(session_), seq};
    if (::write(out_, &told, sizeof told) != sizeof told) ::_exit(4);
  }

  asio::io_context& context_;
  std::unique_ptr<SessionWriter> writer_;
  const std::size_t session_;
  const int out_;
  std::uint64_t next_;
  int under_way_ = 0;
};

/// Where a child finds its end of the pipe.
constexpr int pipe_of_child = 100;

[[noreturn]] void write_until_killed(const Kind& kind, const std::string& path) {
  const auto store = kind.open(path);
  asio::io_context context;
  std::vector<std::unique_ptr<Load>> loads;
  for (std::size_t i = 0; i < sessions; ++i) {
    auto writer = store->open(session_id(i));
    if (!writer) writer = store->create(metadata_of(session_id(i)));
    loads.push_back(std::make_unique<Load>(context, std::move(writer).value(), i, pipe_of_child));
  }
  for (const auto& load : loads) load->go_on();
  context.run();
  ::_exit(5);
}

/// Takes over before the first test if this is a child.
class ChildEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* flag = std::getenv(child_flag);
    if (!flag) return;
    const std::string text(flag);
    const std::size_t colon = text.find(':');
    for (const Kind& kind : kinds) {
      if (text.substr(0, colon) == kind.name) write_until_killed(kind, text.substr(colon + 1));
    }
    ::_exit(6);
  }
};
const auto* const child_environment = ::testing::AddGlobalTestEnvironment(new ChildEnvironment);

pid_t start_child(const Kind& kind, const std::string& path, int out) {
  std::string flag = std::string(child_flag) + '=' + kind.name + ':' + path;
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(out, pipe_of_child);
  ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
  ::putenv(flag.data());
  ::execl("/proc/self/exe", "crash_child", nullptr);
  ::_exit(7);
}

using Seqs = std::map<std::size_t, std::uint64_t>;

/// Takes what the child tells, until it has told `enough` and some microseconds are over.
void listen(int in, std::size_t enough, pid_t child, unsigned delay_us, Seqs& acknowledged) {
  Acknowledged told{};
  for (std::size_t count = 0; ::read(in, &told, sizeof told) == sizeof told; ++count) {
    acknowledged[told.session] = told.seq;
    if (count != enough) continue;
    ::usleep(delay_us);
    ::kill(child, SIGKILL);
  }
}

void expect_all(EventStore& store, const Seqs& acknowledged) {
  for (const auto& [session, last] : acknowledged) {
    const std::string id = session_id(session);
    std::uint64_t seq = 0;
    for (;;) {
      const auto events = store.read(id, seq, 1000).value();
      if (events.empty()) break;
      for (const StoredEvent& event : events) {
        ASSERT_EQ(event.seq, ++seq) << id;
        ASSERT_EQ(*event.json, *crash_event(session, seq).json) << id;
      }
    }
    EXPECT_GE(seq, last) << id << ": an acknowledged event is gone";
    EXPECT_EQ(store.find(id).value().last_seq, seq);
    EXPECT_EQ(store.open(id).value()->last_seq(), seq) << "the dead one still has it";
  }
}

class Crash : public ::testing::TestWithParam<Kind> {};

TEST_P(Crash, LosesNothingThatWasAcknowledged) {
  const std::uint64_t rounds = test::amount(20, 5, 1000);
  const std::uint64_t seed = test::seed();
  std::mt19937_64 random(seed);
  test::Progress progress("kills", rounds);
  std::unique_ptr<TemporaryDirectory> directory;
  Seqs acknowledged;
  std::uint64_t events = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    if (round % 4 == 0) {  // the others go on with what the one before has left
      for (const auto& [session, seq] : acknowledged) events += seq;
      acknowledged.clear();
      directory = std::make_unique<TemporaryDirectory>();
    }
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const std::string path = directory->path("store");
    const pid_t child = start_child(GetParam(), path, ends[1]);
    ::close(ends[1]);
    listen(ends[0], random() % 200, child, static_cast<unsigned>(random() % 3000), acknowledged);
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": it ended with " << status;
    expect_all(*GetParam().open(path), acknowledged);
    ASSERT_FALSE(HasFailure()) << "round " << round << " of seed " << seed;
    progress.at(round);
  }
  for (const auto& [session, seq] : acknowledged) events += seq;
  progress.finished(rounds);
  EXPECT_GT(events, rounds * 5);
}

INSTANTIATE_TEST_SUITE_P(Stores, Crash, ::testing::ValuesIn(kinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace strandbus::testing
