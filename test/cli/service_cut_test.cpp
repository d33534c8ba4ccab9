// Readers of every kind whose connections are cut at random bytes, while the service is killed and
// started again: each gets every event once, in order, as it is kept.
#include "bus/proof.hpp"
#include "cli/cut_proxy.hpp"
#include "cli/cut_streams.hpp"
#include "cli/service.hpp"
#include "strandbus/store/sqlite_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <thread>

namespace strandbus::testing {
namespace {

constexpr std::string_view last_words = "these are the last words of this session";

/// Answers of many words, with characters of one to four bytes.
std::string wordy_script() {
  std::string script = R"({"schema":1,"model":"gpt-4o","token_delay_ms":1,"responses":[)"
                       R"({"match":{"user":{"contains":""}},"text":")";
  for (int i = 0; i < 300; ++i) script += "w\u00F6rd-\u20AC-\U0001F600-" + std::to_string(i) + ' ';
  return script + R"("}]})";
}

/// What of an event stands between these and the next quote or comma.
std::string member(const std::string& json, const std::string& before) {
  const std::size_t at = json.find(before);
  if (at == std::string::npos) return {};
  const std::size_t from = at + before.size();
  return json.substr(from, json.find_first_of(",\"}", from) - from);
}

/// What readers together have ever seen: a seq has one content for all times.
///
/// Threads: any thread.
class Seen {
 public:
  void note(const std::string& session_id, std::uint64_t seq, const std::string& json) {
    const std::lock_guard lock(mutex_);
    const auto [known, is_new] = events_[session_id].emplace(seq, json);
    if (!is_new && known->second != json)
      throw std::runtime_error("another content: " + known->second + " and " + json);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::map<std::uint64_t, std::string>> events_;
};

enum class Kind { last_event_id, after, web_socket, all_sessions };
constexpr std::size_t kinds = 4;

/// What the readers and the test know of each other.
///
/// Threads: any thread.
class Proof {
 public:
  Proof(std::vector<std::string> sessions, std::string bearer)
      : ids(std::move(sessions)), token(std::move(bearer)) {}

  const std::vector<std::string> ids;
  const std::string token;
  std::atomic<std::uint16_t> port{0};
  std::atomic<bool> finishing{false};
  ServiceGate gate;
  Seen seen;

  void count_cut(Kind kind) {
    {
      const std::lock_guard lock(mutex_);
      ++cuts_[static_cast<std::size_t>(kind)];
    }
    changed_.notify_all();
  }
  /// Nobody waits for anything any more: the test has failed, or is over.
  void give_up() {
    given_up_ = true;
    gate.open();
  }
  bool given_up() const { return given_up_; }
  void fail() {
    {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
    changed_.notify_all();
  }
  /// Waits until every reader was cut so often; false if one has failed, or after a minute.
  bool wait_for_cuts(std::uint64_t cuts) {
    std::unique_lock lock(mutex_);
    const auto enough = [&] {
      return failed_ || *std::min_element(cuts_.begin(), cuts_.end()) >= cuts;
    };
    return changed_.wait_for(lock, std::chrono::minutes(1), enough) && !failed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::uint64_t, kinds> cuts_{};
  bool failed_ = false;
  std::atomic<bool> given_up_{false};
};

/// One reader, on a thread of its own.
class Reader {
 public:
  Reader(Proof& proof, Kind kind, std::uint64_t seed) : proof_(proof), kind_(kind), chance_(seed) {
    for (const std::string& id : proof.ids) {
      if (kind == Kind::all_sessions || id == proof.ids.front()) events_[id];
    }
    for (const auto& [id, none] : events_) cursor_ += (cursor_.empty() ? "" : ",") + id + ":0";
    thread_ = std::thread([this] { run(); });
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    proof_.give_up();
    thread_.join();
  }

  void wait() {
    thread_.join();
    thread_ = std::thread([] {});
  }
  std::uint64_t cuts() const { return cuts_; }
  const std::map<std::string, std::vector<std::string>>& events() const { return events_; }

 private:
  void run() {
    try {
      while (!ended() && !proof_.given_up()) read_once();
    } catch (const std::exception& failure) {
      ADD_FAILURE() << "reader " << static_cast<int>(kind_) << ": " << failure.what();
      proof_.fail();
    }
  }

  bool ended() const {
    return std::all_of(events_.begin(), events_.end(), [](const auto& session) {
      return !session.second.empty() && session.second.back().find(last_words) != std::string::npos;
    });
  }

  /// One connection, up to its cut.
  void read_once() {
    proof_.gate.wait();
    auto socket = CutSocket::connect(proof_.port);
    if (!socket || !socket->send(request())) return;
    CutEvents events;
    CutFrames frames;
    CutStream& stream = kind_ == Kind::web_socket ? static_cast<CutStream&>(frames) : events;
    std::size_t left = chance_.bytes(17);
    while ((left > 0 || proof_.finishing) && !ended() && !proof_.given_up()) {
      const std::string bytes = socket->receive(proof_.finishing ? 4096 : left);
      if (bytes.empty()) return;  // the service was killed
      left -= std::min(left, bytes.size());
      for (const CutMessage& message : stream.take(bytes)) take(message);
      const std::string expected = kind_ == Kind::web_socket ? "101" : "200";
      if (!stream.status().empty() && stream.status() != expected)
        throw std::runtime_error("answered " + stream.status());
    }
    if (chance_.half()) socket->reset();
    ++cuts_;
    proof_.count_cut(kind_);
  }

  std::string request() const {
    const std::string& id = proof_.ids.front();
    const std::string last = std::to_string(events_.at(id).size());
    std::string target = "/v1/sessions/" + id;
    std::string more;
    switch (kind_) {
      case Kind::last_event_id:
        target += "/events";
        more = "Last-Event-ID: " + last + "\r\n";
        break;
      case Kind::after: target += "/events?after=" + last; break;
      case Kind::web_socket:
        target += "/ws?after=" + last;
        more =
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        break;
      case Kind::all_sessions: target = "/v1/events?after=" + cursor_; break;
    }
    return "GET " + target + " HTTP/1.1\r\nHost: localhost:" + std::to_string(proof_.port) +
           "\r\nAuthorization: Bearer " + proof_.token + "\r\n" + more + "\r\n";
  }

  void take(const CutMessage& message) {
    const std::string& json = message.data;
    if (json.starts_with(R"({"_type":"hello")")) return;
    const std::string session_id = member(json, R"("session_id":")");
    const std::string seq = member(json, R"("seq":)");
    const auto session = events_.find(session_id);
    if (session == events_.end() || seq != std::to_string(session->second.size() + 1)) {
      throw std::runtime_error("not the next event, after " + cursor_ + " and " +
                               std::to_string(events_.begin()->second.size()) + ": " + json);
    }
    if (kind_ == Kind::all_sessions && message.id.empty()) throw std::runtime_error("no id");
    if (kind_ != Kind::all_sessions && kind_ != Kind::web_socket && message.id != seq)
      throw std::runtime_error("the id is " + message.id + ": " + json);
    if (!message.id.empty()) cursor_ = message.id;
    session->second.push_back(json);
    proof_.seen.note(session_id, session->second.size(), json);
  }

  Proof& proof_;
  const Kind kind_;
  CutChance chance_;
  std::map<std::string, std::vector<std::string>> events_;
  std::string cursor_;  // of all sessions
  std::atomic<std::uint64_t> cuts_{0};
  std::thread thread_;
};

/// `strandbus follow --json`, read on a thread of its own until the last words.
class Follower {
 public:
  Follower(Proof& proof, const CutProxy& proxy, const Program::Options& options)
      : program_({"follow",
                  "http://127.0.0.1:" + std::to_string(proxy.port()) + "/v1/sessions/" +
                      proof.ids.front(),
                  "--json"},
                 options),
        thread_([this, &proof] {
          try {
            while (program_.out().find(last_words, looked_at_) == std::string::npos) {
              looked_at_ =
                  program_.out().size() - std::min(program_.out().size(), last_words.size());
              program_.read_next("\n");
            }
            // The end of that line may have been read already.
            const std::size_t place = program_.out().find(last_words, looked_at_);
            while (program_.out().find('\n', place) == std::string::npos) program_.read_next("\n");
          } catch (const std::exception& failure) {
            const std::string what = failure.what();
            const std::size_t shown = std::min<std::size_t>(what.size(), 2000);
            ADD_FAILURE() << "follow: " << what.substr(0, 80) << " … "
                          << what.substr(what.size() - shown);
            proof.fail();
          }
        }) {}
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() {
    if (!thread_.joinable()) return;
    program_.send_signal(SIGKILL);
    thread_.join();
  }

  std::string lines() {
    thread_.join();
    program_.send_signal(SIGTERM);
    return program_.wait().out;
  }

 private:
  Program program_;
  std::size_t looked_at_ = 0;
  std::thread thread_;
};

std::uint16_t port_of(const Service& service) {
  const std::string address = service.address();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

/// More to do for both sessions, if their queues take it.
void ask(const Service& service, const Proof& proof) {
  for (const std::string& id : proof.ids) {
    const std::string answer = service.request("POST", "/v1/sessions/" + id + "/runs",
                                               R"({"message":"go on","queue":true})");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 202 ") || answer.starts_with("HTTP/1.1 429 "))
        << answer;
  }
}

/// Publishes the last event of each session, from outside, behind everything else.
void say_last_words(const Service& service, const Proof& proof) {
  int number = 0;
  for (const std::string& id : proof.ids) {
    const std::string answer = service.request(
        "POST", "/v1/sessions/" + id + "/events",
        R"({"schema":1,"seq":1,"id":"0192f0c1-0000-7000-8000-00000000000)" +
            std::to_string(++number) +
            R"(","ts":"2026-01-01T00:00:00Z","session_id":"x","type":"custom","data":{"name":")" +
            std::string(last_words) + R"(","data":null}})" + "\n",
        "application/x-ndjson");
    ASSERT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  }
}

std::vector<std::string> stored(const TemporaryDirectory& directory, const std::string& id) {
  const auto store = SqliteStore::open(directory.path("sessions.db"), {}).value();
  std::vector<std::string> all;
  for (;;) {
    const auto page = store->read(id, all.size(), 1000).value();
    if (page.empty()) return all;
    for (const StoredEvent& event : page) all.push_back(*event.json);
  }
}

TEST(ServiceCuts, EveryReaderGetsEveryEventOnceThroughCutsAndKills) {
  const std::uint64_t seed = test::seed();
  const std::uint64_t cuts = test::amount(40, 20, 1000);  // of each reader, at least
  const std::uint64_t kills = test::amount(3, 2, 30);
  const TemporaryDirectory directory;
  CutProxy proxy(seed);
  const Program::Arguments arguments{"--script", directory.write("wordy.json", wordy_script()),
                                     "--allow-host", "127.0.0.1:" + std::to_string(proxy.port())};
  auto service = std::make_unique<Service>(directory, "127.0.0.1:0", arguments);
  const std::string address = service->address();
  Proof proof({service->begin(""), service->begin("")}, service->token());
  proof.port = port_of(*service);
  proxy.lead_to(proof.port);

  Follower follower(proof, proxy, with_token(*service));
  std::vector<std::unique_ptr<Reader>> readers;
  for (const Kind kind : {Kind::last_event_id, Kind::after, Kind::web_socket, Kind::all_sessions})
    readers.push_back(std::make_unique<Reader>(proof, kind, seed + readers.size() + 1));

  test::Progress progress("cuts of each reader", cuts);
  std::uint64_t killed = 0;
  bool well = true;
  for (std::uint64_t done = 0; well && done < cuts; ++done) {
    if (done * (kills + 1) / cuts > killed) {
      proof.gate.close();
      service->kill();
      service = std::make_unique<Service>(directory, address, arguments);
      proof.gate.open();
      ++killed;
    }
    // Several when a queue was lost: one run may be shorter than a connection.
    for (int run = 0; run < (done * (kills + 1) % cuts < kills + 1 ? 4 : 1); ++run)
      ask(*service, proof);
    well = proof.wait_for_cuts(done + 1);
    progress.at(done);
  }
  EXPECT_TRUE(well) << "nothing more was cut";
  proof.finishing = true;
  proxy.be_good();
  service->kill();  // so that nothing is under way any more
  service = std::make_unique<Service>(directory, address, arguments);
  say_last_words(*service, proof);
  if (HasFatalFailure()) return;
  const std::string followed = follower.lines();
  for (const auto& reader : readers) reader->wait();
  service->kill();

  std::size_t all = 0;
  for (const std::string& id : proof.ids) {
    const std::vector<std::string> events = stored(directory, id);
    all += events.size();
    for (const auto& reader : readers) {
      const auto got = reader->events().find(id);
      if (got == reader->events().end()) continue;
      EXPECT_TRUE(got->second == events) << id;
    }
    if (id != proof.ids.front()) continue;
    std::string lines;
    for (const std::string& event : events) lines += event + '\n';
    EXPECT_TRUE(followed == lines) << "follow shows something else than what is kept";
  }
  std::printf("%zu events, %llu kills; cuts:", all, static_cast<unsigned long long>(killed + 1));
  for (const auto& reader : readers)
    std::printf(" %llu", static_cast<unsigned long long>(reader->cuts()));
  std::printf(", of follow %llu\n", static_cast<unsigned long long>(proxy.cuts()));
  progress.finished(cuts);
}

}  // namespace
}  // namespace strandbus::testing
