#include "strandbus/store/jsonl_store.hpp"

#include "store/session_text.hpp"
#include "strandbus/event/factory.hpp"
#include "strandbus/store/session_reader.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace strandbus::testing {
namespace {

namespace fs = std::filesystem;

/// Files of this process get no larger than this; writes beyond fail with EFBIG.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class JsonlStoreTest : public ::testing::Test {
 protected:
  const std::string& path() const { return path_; }
  JsonlStore create(JsonlStoreOptions options = {}) {
    return JsonlStore::create(path_, sample_metadata(), std::move(options)).value();
  }
  Session load() { return load_session(path_).value(); }

  asio::io_context context_;
  EventBus bus_{context_.get_executor()};
  TemporaryDirectory directory_;
  std::string path_ = directory_.path("s.jsonl");
};

Message user_message(std::string id, std::string content) {
  Message message;
  message.id = std::move(id);
  message.content = std::move(content);
  return message;
}

TEST_F(JsonlStoreTest, MakesAFileThatOnlyItsOwnerCanRead) {
  const JsonlStore store = create();
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(read_file(path()), metadata_line());
}

TEST_F(JsonlStoreTest, TakesAnEmptyFileAndProtectsIt) {
  directory_.write("s.jsonl", "");
  const JsonlStore store = create();
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(read_file(path()), metadata_line());
}

TEST_F(JsonlStoreTest, WritesOverNoFile) {
  directory_.write("s.jsonl", "precious");
  const auto store = JsonlStore::create(path(), sample_metadata());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, boost::system::errc::file_exists);
  EXPECT_EQ(store.error().message,
            "cannot create the session file " + path() + ": it exists; name a new file");
  EXPECT_EQ(read_file(path()), "precious");
}

TEST_F(JsonlStoreTest, FollowsNoSymbolicLink) {
  const std::string target = directory_.write("target", "");
  fs::create_symlink(target, path());
  EXPECT_FALSE(JsonlStore::create(path(), sample_metadata()));
  EXPECT_EQ(read_file(target), "");
}

TEST_F(JsonlStoreTest, BeginsAForkWithTheMessagesOfAnotherSession) {
  const std::vector<StoredMessage> before{
      {.message = user_message("m1", "hello"), .timestamp = sample_metadata().created_at}};
  JsonlStore store = JsonlStore::fork(path(), sample_metadata(), before).value();
  store.record(bus_);
  bus_.publish(MessageCommitted{.message = user_message("m2", "again")});
  const Session session = load();
  ASSERT_EQ(session.messages.size(), 2U);
  EXPECT_EQ(session.messages[0].message.content, "hello");
  EXPECT_EQ(session.messages[0].timestamp, sample_metadata().created_at);
  EXPECT_EQ(session.messages[1].message.content, "again");
  EXPECT_EQ(session.events.size(), 1U);
}

TEST_F(JsonlStoreTest, RecordsEventsAndTheMessagesThatTheyCommit) {
  JsonlStore store = create();
  store.record(bus_);
  bus_.publish(make_token("Hello"));
  bus_.publish(MessageCommitted{user_message("m1", "Hi")});
  bus_.publish(make_token(" you"));

  const Session session = load();
  ASSERT_EQ(session.events.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(to_json(session.events[i]), to_json(bus_.history()[i].event()));
  }
  ASSERT_EQ(session.messages.size(), 1U);
  EXPECT_EQ(session.messages[0].message.content, "Hi");
  EXPECT_EQ(session.messages[0].timestamp, session.events[1].ts());
  EXPECT_EQ(store.events(), 3U);
}

TEST_F(JsonlStoreTest, PutsAMessageRightBehindItsEvent) {
  JsonlStore store = create();
  store.record(bus_);
  bus_.publish(MessageCommitted{user_message("m1", "Hi")});
  bus_.publish(make_token("x"));
  auto reader = SessionReader::open(path());
  ASSERT_TRUE(reader);
  EXPECT_TRUE(std::holds_alternative<StreamEvent>(**reader->next()));
  EXPECT_TRUE(std::holds_alternative<StoredMessage>(**reader->next()));
  EXPECT_TRUE(std::holds_alternative<StreamEvent>(**reader->next()));
}

TEST_F(JsonlStoreTest, KeepsTheMessagesOfNestedRunsOutOfTheConversation) {
  JsonlStore store = create();
  store.record(bus_);
  RunContext nested = EventList::nested_context("child", "helper");
  const Publisher publisher = bus_.publisher(nested);
  publisher.publish(RunStarted{});
  publisher.publish(MessageCommitted{user_message("m1", "Hi")});
  EXPECT_EQ(load().events.size(), 2U);
  EXPECT_TRUE(load().messages.empty());
}

TEST_F(JsonlStoreTest, HasWrittenAnEventBeforePublishReturns) {
  JsonlStore store = create();
  store.record(bus_);
  bus_.publish(make_token("now"));
  EXPECT_EQ(load().events.size(), 1U);
}

TEST_F(JsonlStoreTest, LetsAReaderShowOnlyWhatIsInTheFile) {
  constexpr int events = 2'000;
  JsonlStore store = create();
  store.record(bus_);
  EventStream stream = bus_.stream({.overflow = Overflow::block});
  std::thread publisher([this] {
    for (int i = 0; i < events; ++i) bus_.publish(make_token("x"));
    bus_.close();
  });
  std::uint64_t shown = 0;
  std::uint64_t ahead = 0;
  while (shown < events) {
    const auto delivery = stream.try_next();
    if (!delivery) continue;
    shown = delivery->event().seq();
    store.wait_written(shown);
    if (store.events() < shown) ++ahead;
  }
  publisher.join();
  EXPECT_EQ(ahead, 0U);
}

TEST_F(JsonlStoreTest, NobodyWaitsForWhatIsNotWrittenAnyMore) {
  JsonlStore stopped = create();
  stopped.record(bus_);
  stopped.stop();
  stopped.wait_written(7);
  fs::remove(path());
  JsonlStore failed = create();
  EventBus bus(context_.get_executor());
  failed.record(bus);
  {
    const FileSizeLimit limit(metadata_line().size());
    bus.publish(make_token("x"));
  }
  failed.wait_written(7);
  EXPECT_TRUE(failed.failure());
}

TEST_F(JsonlStoreTest, LosesNothingOfSeveralThreads) {
  constexpr int threads = 4;
  constexpr int per_thread = 2'000;
  JsonlStore store = create();
  store.record(bus_);
  std::vector<std::thread> publishers;
  for (int i = 0; i < threads; ++i) {
    publishers.emplace_back([this] {
      for (int k = 0; k < per_thread; ++k) bus_.publish(make_token("x"));
    });
  }
  for (std::thread& thread : publishers) thread.join();

  const Session session = load();
  ASSERT_EQ(session.events.size(), std::size_t{threads * per_thread});
  for (std::size_t i = 0; i < session.events.size(); ++i) EXPECT_EQ(session.events[i].seq(), i + 1);
}

TEST_F(JsonlStoreTest, RecordsWhatWasPublishedBefore) {
  bus_.publish(make_token("early"));
  JsonlStore store = create();
  store.record(bus_);
  EXPECT_EQ(load().events.size(), 1U);
}

TEST_F(JsonlStoreTest, RecordsNothingAfterStop) {
  JsonlStore store = create();
  store.record(bus_);
  bus_.publish(make_token("a"));
  store.stop();
  bus_.publish(make_token("b"));
  EXPECT_EQ(load().events.size(), 1U);
}

TEST_F(JsonlStoreTest, GoesOnWithAFile) {
  {
    JsonlStore store = create();
    store.record(bus_);
    bus_.publish(make_token("a"));
  }
  auto store = JsonlStore::append(path());
  ASSERT_TRUE(store) << store.error().message;
  store->record(bus_, Start::now());
  bus_.publish(make_token("b"));
  EXPECT_EQ(load().events.size(), 2U);
}

TEST_F(JsonlStoreTest, RemovesALineThatIsCutOffBeforeItGoesOn) {
  directory_.write("s.jsonl", metadata_line() + R"({"_type":"ev)");
  auto store = JsonlStore::append(path());
  ASSERT_TRUE(store) << store.error().message;
  store->record(bus_);
  bus_.publish(make_token("b"));
  const Session session = load();
  EXPECT_EQ(session.events.size(), 1U);
  EXPECT_FALSE(session.torn);
}

TEST_F(JsonlStoreTest, CompletesALineThatLacksOnlyItsEnd) {
  std::string line = event_line(golden_events().front());
  line.pop_back();
  directory_.write("s.jsonl", metadata_line() + line);
  auto store = JsonlStore::append(path());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(read_file(path()), metadata_line() + line + "\n");
}

TEST_F(JsonlStoreTest, WritesTheMessageWhoseEventWasTheLastLine) {
  StreamEvent commit(MessageCommitted{user_message("m1", "Hi")});
  commit.set_stamp(1, {}, sample_metadata().created_at);
  std::string event = event_line(commit);
  const std::string torn = event + R"({"_type":"mess)";
  std::string whole = event;
  detail::append_message_line(whole, commit);
  std::string without_end = event;
  without_end.pop_back();
  for (const std::string& left : {event, torn, without_end, whole}) {
    directory_.write("s.jsonl", metadata_line() + left);
    EXPECT_TRUE(JsonlStore::append(path()));
    EXPECT_EQ(read_file(path()), metadata_line() + whole) << left;
  }
}

TEST_F(JsonlStoreTest, WritesNoMessageThatIsNestedOrInTheMiddle) {
  StreamEvent of_child(MessageCommitted{user_message("m1", "Hi")});
  of_child.set_context(
      std::make_shared<const RunContext>(EventList::nested_context("child", "helper")));
  of_child.set_stamp(1, {}, sample_metadata().created_at);
  StreamEvent committed(MessageCommitted{user_message("m2", "Hi")});
  committed.set_stamp(1, {}, sample_metadata().created_at);
  StreamEvent next(make_token("x"));
  next.set_stamp(2, {}, sample_metadata().created_at);
  for (const std::string& lines :
       {event_line(of_child), event_line(committed) + event_line(next)}) {
    directory_.write("s.jsonl", metadata_line() + lines);
    EXPECT_TRUE(JsonlStore::append(path()));
    EXPECT_EQ(read_file(path()), metadata_line() + lines);
  }
}

TEST_F(JsonlStoreTest, GoesOnWithNothingButASession) {
  directory_.write("s.jsonl", "hello\n");
  const auto store = JsonlStore::append(path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::invalid_file);
  EXPECT_EQ(read_file(path()), "hello\n");
}

TEST_F(JsonlStoreTest, SharesItsFileWithNoOtherStore) {
  const JsonlStore store = create();
  const auto second = JsonlStore::append(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, boost::system::errc::device_or_resource_busy);
}

TEST_F(JsonlStoreTest, ReportsTheFirstWriteThatFailsOnceAndKeepsTheFileWhole) {
  std::vector<std::string> failures;
  std::vector<std::string> notices;
  const Subscription subscription = bus_.subscribe([&](const StreamEvent& event) {
    if (const auto* notice = event.get_if<SystemNotice>()) notices.push_back(notice->message);
  });
  JsonlStoreOptions options;
  options.notices = StoreNotices::publish;
  options.on_failure = [&](const SessionError& error) { failures.push_back(error.message); };
  JsonlStore store = create(std::move(options));
  store.record(bus_);
  {
    const FileSizeLimit limit(metadata_line().size() + 500);  // in the middle of the second event
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(bus_.publish(make_token(std::string(100, 'x'))));
  }
  const std::string expected = "cannot write to the session file " + path() +
                               ": File too large; the recording ends after event 1";
  EXPECT_EQ(failures, std::vector{expected});
  EXPECT_EQ(notices, std::vector{expected});
  EXPECT_EQ(store.failure()->message, expected);
  EXPECT_EQ(store.events(), 1U);
  const Session session = load();
  EXPECT_EQ(session.events.size(), 1U);
  EXPECT_FALSE(session.torn);
}

TEST_F(JsonlStoreTest, LeavesNoEventWithoutItsMessageWhenTheDiskIsFull) {
  const MessageCommitted commit{user_message("m1", std::string(100, 'x'))};
  for (std::size_t room = 0; room < 1200; room += 100) {
    fs::remove(path());
    JsonlStore store = create();
    EventBus bus(context_.get_executor());
    store.record(bus);
    {
      const FileSizeLimit limit(metadata_line().size() + room);
      bus.publish(commit);
    }
    const Session session = load();
    EXPECT_EQ(session.events.size(), session.messages.size()) << room;
    EXPECT_EQ(store.events(), session.events.size()) << room;
    EXPECT_EQ(store.failure().has_value(), session.events.empty()) << room;
  }
}

TEST_F(JsonlStoreTest, PublishesNoNoticeUnlessAsked) {
  JsonlStore store = create();
  store.record(bus_);
  {
    const FileSizeLimit limit(metadata_line().size());
    bus_.publish(make_token("x"));
  }
  EXPECT_TRUE(store.failure());
  EXPECT_EQ(bus_.stats().published, 1U);
}

TEST_F(JsonlStoreTest, LeavesNoFileBehindWhoseMetadataCannotBeWritten) {
  const FileSizeLimit limit(10);
  EXPECT_FALSE(JsonlStore::create(path(), sample_metadata()));
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(JsonlStoreTest, MayOutliveTheBus) {
  JsonlStore store = create();
  {
    EventBus bus(context_.get_executor());
    store.record(bus);
    bus.publish(make_token("x"));
  }
  store.stop();
  EXPECT_EQ(load().events.size(), 1U);
}

}  // namespace
}  // namespace strandbus::testing
